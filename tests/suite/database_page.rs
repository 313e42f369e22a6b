//! docs/database.md is generated from the catalog of an installed database, and is up to date.

use std::fmt::Write as _;

use crate::harness::World;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/database.md");

const HEAD: &str = "# The database

This page is for database administrators. It is generated from the catalog of an installed database
(`BLESS=1 cargo test --test suite database_page`), and the test suite checks that it is up to date. `psql` shows the same comments:
`\\dt+ byok.*`, `\\d+ byok.org`, `\\df+ byok_api.*`.

* `byok` has the tables. No login has a right on them. If somebody grants one by mistake, row security still hides all rows.
* `byok_api` has the functions that programs call. Each runs as `byok_definer` and checks which login calls it.
* `byok_crypto` has the two functions that call pgcrypto. It also has pgcrypto itself, unless another schema had it before.

`byok init` installs or upgrades all of it in one transaction. The tables come from `migrations/NNNN_*.sql`. Each of these files is
applied once. The functions come from `migrations/functions/`. All of them are replaced if their content differs. A function that
exists is replaced in place, so requests are answered during an upgrade.

To upgrade a platform in use, run `byok init` of the new version first. Then replace servers and programs one by one. The table
`byok.installation` states the oldest program that the database serves (`oldest_served`). An older program is refused with exit 9
(`schema_newer`). `byok init` of an older version changes nothing.
";

const COLUMNS: &str = "
    select format('| `%s` | %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
                  case when a.attnotnull then '' else 'null' end,
                  coalesce(col_description(c.oid, a.attnum), ''))
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.oid = 'byok.TABLE'::regclass order by a.attnum";

const KEYS: &str = "
    select format('* `%s`: %s', k.conname, pg_get_constraintdef(k.oid))
    from pg_constraint k
    where k.conrelid = 'byok.TABLE'::regclass and k.contype in ('p', 'u', 'f')
    order by k.contype desc, k.conname";

const INDEXES: &str = "
    select format('* `%s`: %s(%s)%s', i.relname, case when x.indisunique then 'unique ' else '' end,
                  (select string_agg(pg_get_indexdef(x.indexrelid, n, true), ', ' order by n)
                   from generate_series(1, x.indnkeyatts) n),
                  coalesce(' where ' || pg_get_expr(x.indpred, x.indrelid), ''))
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where x.indrelid = 'byok.TABLE'::regclass and not x.indisprimary order by i.relname";

const TRIGGERS: &str = "
    select format('* trigger `%s` calls `%s`', g.tgname, g.tgfoid::regproc)
    from pg_trigger g where g.tgrelid = 'byok.TABLE'::regclass and not g.tgisinternal order by g.tgname";

/// The functions of byok_api, and the roles that may call them.
const CALLS: &str = "
    select format('| `%s` | %s | %s |', p.proname,
                  coalesce((select string_agg(substr(r.rolname, 6), ', ' order by r.rolname)
                            from aclexplode(p.proacl) a join pg_roles r on r.oid = a.grantee
                            where a.privilege_type = 'EXECUTE' and r.rolname <> 'byok_definer'), 'nobody'),
                  coalesce(replace(obj_description(p.oid, 'pg_proc'), '|', '\\|'), ''))
    from pg_proc p where p.pronamespace = 'byok_api'::regnamespace order by p.proname collate \"C\"";

const INNER: &str = "
    select format('| `%s` | %s |', p.proname, coalesce(replace(obj_description(p.oid, 'pg_proc'), '|', '\\|'), ''))
    from pg_proc p where p.pronamespace = 'byok'::regnamespace order by p.proname collate \"C\"";

const ENTITIES: &str = "
    select format(E'    %s {\\n%s\\n    }', c.relname,
                  string_agg(format('        %s %s%s', replace(format_type(a.atttypid, null), ' ', '_'), a.attname,
                                    case when p.conkey @> array[a.attnum] and f.foreign_keys then ' PK, FK'
                                         when p.conkey @> array[a.attnum] then ' PK' else ' FK' end),
                             E'\\n' order by a.attnum))
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
    cross join lateral (select exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
                                       and k.conkey @> array[a.attnum]) as foreign_keys) f
    where c.relnamespace = 'byok'::regnamespace and c.relkind = 'r' and (p.conkey @> array[a.attnum] or f.foreign_keys)
    group by c.relname order by c.relname collate \"C\"";

/// Foreign keys, and the tables whose key begins with an organization and that have none.
const RELATIONS: &str = "
    select line from (select format('    %s ||--o{ %s : \"%s\"', t.relname, c.relname,
                  (select string_agg(a.attname, ', ' order by u.at)
                   from unnest(k.conkey) with ordinality u(number, at)
                   join pg_attribute a on a.attrelid = c.oid and a.attnum = u.number)) as line
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and c.relnamespace = 'byok'::regnamespace
    union all
    select format('    org ||..o{ %s : \"org\"', c.relname)
    from pg_class c join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (p.conkey) and a.attname = 'org'
    where c.relnamespace = 'byok'::regnamespace and c.relname <> 'org'
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f')) r
    order by line collate \"C\"";

const ROLES: &str = "
    select format('| `%s` | %s | %s |', r.rolname, case when r.rolcanlogin then 'yes' else 'no' end,
                  (select count(*) from pg_proc p cross join aclexplode(p.proacl) a
                   where p.pronamespace = 'byok_api'::regnamespace and a.grantee = r.oid))
    from pg_roles r where r.rolname in ('byok_definer', 'byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor')
    order by r.rolname";

/// The page as it should be.
fn page(world: &World) -> String {
    let mut page = HEAD.to_owned();
    let mut say = |line: &str| writeln!(page, "{line}").unwrap();
    say(
        "\n## Picture\n\nThe picture shows only the key columns. A solid line is a foreign key. A dotted line is the id of an organization",
    );
    say("without a foreign key, which would lock the row of the organization for every charge.\n\n```mermaid");
    say("erDiagram");
    world.root(RELATIONS).iter().chain(&world.root(ENTITIES)).for_each(|line| say(line));
    say(
        "```\n\n## Roles\n\n`byok_definer` owns everything and has no members. The others are group roles. `byok role grant` and",
    );
    say("`byok member add` make logins members of them. [access.md](access.md) says who may do what.\n");
    say("| role | may log in | functions of `byok_api` |\n|---|---|---|");
    world.root(ROLES).iter().for_each(|line| say(line));
    say("\n## Tables");
    let tables = "select relname::text from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'r'
                  order by relname collate \"C\"";
    for table in world.root(tables) {
        let comment = world.root(&format!("select obj_description('byok.{table}'::regclass)")).remove(0);
        say(&format!("\n### {table}\n\n{comment}\n\n| column | type | | |\n|---|---|---|---|"));
        let asked = |query: &str| world.root(&query.replace("TABLE", &table));
        for line in asked(COLUMNS) {
            say(&line);
        }
        say("");
        [KEYS, INDEXES, TRIGGERS].iter().flat_map(|query| asked(query)).for_each(|line| say(&line));
    }
    say(
        "\n## Functions that programs call\n\nPostgreSQL refuses a call by any other role. The function then checks further rights. For example, an owner may call",
    );
    say("`key_set` only for its own organization.\n\n| function | who may call | |\n|---|---|---|");
    world.root(CALLS).iter().for_each(|line| say(line));
    say("\n## Functions that these use\n\nOnly `byok_definer` may call them.\n\n| function | |\n|---|---|");
    world.root(INNER).iter().for_each(|line| say(line));
    page
}

#[test]
fn the_page_about_the_database_says_what_an_installed_one_has() {
    let world = World::new();
    let made = page(&world);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &made).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == made, "docs/database.md is stale: BLESS=1 cargo test --test suite database_page");
}

#[test]
fn every_table_and_every_function_that_programs_call_says_what_it_is_for() {
    let world = World::new();
    let silent = "
        select c.relname::text from pg_class c
        where c.relnamespace = 'byok'::regnamespace and c.relkind = 'r' and obj_description(c.oid, 'pg_class') is null
        union all
        select p.proname::text from pg_proc p
        where p.pronamespace = 'byok_api'::regnamespace and obj_description(p.oid, 'pg_proc') is null";
    assert_eq!(world.root(silent), Vec::<String>::new());
}
