"""What people write: a key in a column, pgcrypto's defaults, a charge in a transaction of its own. One connection.

Arguments: a libpq connection string, the verb, how many seconds. Prints the requests a second.
"""
import sys
import time

import psycopg

PASSPHRASE = "correct horse battery staple"
OWN = "select pgp_sym_decrypt(key, %s) from organization_key where org = %s and provider = %s"
PLATFORM = "select pgp_sym_decrypt(key, %s) from platform_key where provider = %s"


def fill(connection, count):
    connection.execute("create extension if not exists pgcrypto")
    connection.execute("create table platform_key (provider text primary key, key bytea not null)")
    connection.execute(
        "create table organization_key (org text, provider text, key bytea not null, primary key (org, provider))"
    )
    connection.execute("create table balance (org text primary key, credits numeric not null)")
    connection.execute(
        "create table usage (id bigserial primary key, org text not null, provider text not null, credits numeric"
        " not null, at timestamptz not null default now())"
    )
    connection.execute("insert into platform_key values ('openai', pgp_sym_encrypt(repeat('x', 164), %s))", (PASSPHRASE,))
    connection.execute(
        "insert into organization_key select 'org-' || n, 'openai', pgp_sym_encrypt(repeat('x', 164), %s)"
        " from generate_series(0, %s - 1) n",
        (PASSPHRASE, count),
    )
    connection.execute(
        "insert into balance select kind || '-' || n, 1000000000 from generate_series(0, %s - 1) n,"
        " unnest(array['org', 'keyless']) kind",
        (count,),
    )
    connection.execute("analyze")


def resolve(connection, org):
    row = connection.execute(OWN, (PASSPHRASE, org, "openai")).fetchone()
    if row is None:
        row = connection.execute(PLATFORM, (PASSPHRASE, "openai")).fetchone()
    return row[0]


def acquire(connection, org):
    with connection.transaction():
        paid = connection.execute("update balance set credits = credits - 1 where org = %s and credits >= 1", (org,))
        if paid.rowcount != 1:
            raise SystemExit("not enough credits")
        connection.execute("insert into usage (org, provider, credits) values (%s, 'openai', 1)", (org,))
    return resolve(connection, org)


def main():
    url, verb, kind, count, seconds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
    with psycopg.connect(url, autocommit=True) as connection:
        if verb == "fill":
            return fill(connection, count)
        request = {"resolve": resolve, "acquire": acquire}[verb]
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            request(connection, f"{kind}-{done * 7 % count}")
            done += 1
        print(done / (time.perf_counter() - begun))


main()
