//! Which environment variables a key may be put into.
//!
//! The owner of a key decides its value. So a variable with a key must not be one that makes a program load, run, trust
//! or contact something. Nobody knows all such variables, so a variable is allowed only if a provider of the catalog
//! uses it, or if its name ends like that of a credential. The caller can allow another name. Variables that are known
//! to be dangerous are always refused.

use super::{Catalog, Field, Provider};

/// Why a key is not put into a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It is not a valid name.
    #[error("the name of a variable consists of letters, digits and `_`")]
    Malformed,
    /// It is known to control programs.
    #[error("it decides what programs load, run, trust or contact, so no key is put there")]
    Dangerous,
    /// It is not in the catalog, and its name is not like that of a credential.
    #[error("no provider of the catalog uses it, and its name does not end like that of a credential")]
    Unusual,
}

/// What is put into a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A key, or another secret field.
    Secret,
    /// A field that is not secret.
    Setting,
}

impl Content {
    /// The kind of a field.
    pub fn of(field: &Field) -> Self {
        if field.secret { Self::Secret } else { Self::Setting }
    }
}

/// Endings of the names of credentials.
const CREDENTIAL: &[&str] = &[
    "_API_KEY",
    "_APIKEY",
    "_KEY",
    "_TOKEN",
    "_SECRET",
    "_PASSWORD",
    "_CREDENTIAL",
    "_CREDENTIALS",
    "_PAT",
    "_KEY_ID",
];

/// Endings of the names of settings that belong to a credential but are not secret.
const SETTING: &[&str] = &[
    "_REGION",
    "_LOCATION",
    "_PROJECT",
    "_PROJECT_ID",
    "_ORG_ID",
    "_ORGANIZATION",
    "_USER_ID",
    "_ACCOUNT_ID",
    "_WORKSPACE",
    "_WORKSPACE_ID",
    "_TENANT_ID",
    "_DEPLOYMENT",
    "_MODEL",
    "_API_VERSION",
    "_KEY_ID",
    "_PIPELINE_ID",
    "_VOICE",
    "_VOICE_ID",
    "_GROUP_ID",
    "_RESOURCE_ID",
];

/// Variables that make programs load, run, trust or contact something, by the program that reads them.
const DANGEROUS: &str = "
    PATH HOME SHELL IFS ENV PS0 PS1 PS2 PS3 PS4 PROMPT RPROMPT CDPATH FPATH MAILPATH MAIL MAILRC MAILCAPS GLOBIGNORE FCEDIT
    SHELLOPTS INPUTRC HISTFILE ZDOTDIR USER LOGNAME PWD OLDPWD TMP TEMP TMPDIR TEMPDIR TERM TERMCAP TZ TZDIR
    LANG LANGUAGE NLSPATH LOCPATH RESOLV_HOST_CONF HOSTALIASES LOCALDOMAIN DISPLAY WAYLAND_DISPLAY XAUTHORITY
    EDITOR VISUAL PAGER MANPAGER MANOPT MANROFFOPT BROWSER SENDMAIL LESS LESSOPEN LESSCLOSE LESSKEY LESSKEYIN
    LESSKEY_SYSTEM LESSEDIT MORE VIMINIT GVIMINIT EXINIT NEXINIT VIM VIMRUNTIME MYVIMRC MYGVIMRC VIM_POSIX
    SCREENRC SYSSCREENRC TMUX DIALOGRC WGETRC NETRC CURL_HOME LYNX_CFG WWW_HOME TAPE UNZIP UNZIPOPT ZIPOPT ZIPINFO GZIP
    BZIP BZIP2 XZ_OPT XZ_DEFAULTS RSYNC_RSH CVS_RSH CVSEDITOR SVN_EDITOR SVN_SSH HGRCPATH HGEDITOR HGMERGE HGUSER
    CC CXX CPP LD AR AS RANLIB FC YACC LEX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS FFLAGS CPATH MAKE MAKEFLAGS MFLAGS MAKEFILES
    GNUMAKEFLAGS RUSTC RUSTDOC RUSTFLAGS RUSTDOCFLAGS GOFLAGS GOPATH GOROOT GOENV GOPROXY GOBIN GOTOOLCHAIN GODEBUG
    GOSUMDB GONOSUMDB GOINSECURE GOVCS GOAUTH CLASSPATH _JAVA_OPTIONS IRBRC AWKPATH AWKLIBPATH TCLLIBPATH TCL_LIBRARY
    TK_LIBRARY PHPRC RHOME GHCRTS OCAMLRUNPARAM CAMLRUNPARAM IPYTHONDIR VIRTUAL_ENV LIBRARY_PATH GCONV_PATH
    GETCONF_DIR NIS_PATH RES_OPTIONS MIBS MIBDIRS SNMPCONFPATH ODBCINI ODBCSYSINI ODBCINSTINI ORACLE_HOME TNS_ADMIN
    MYSQL_HOME MYSQL_PWD LIBMYSQL_PLUGINS LIBMYSQL_PLUGIN_DIR SQLITE_HISTORY DATABASE_URL LDAPCONF LDAPRC LDAPNOINIT
    GS_LIB ANT_HOME SPARK_HOME GNUPGHOME KUBECONFIG SSLKEYLOGFILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE APT_CONFIG RESTIC_REPOSITORY RCLONE_CONFIG
    BIBINPUTS BSTINPUTS TEXINPUTS MAGIC PROJ_LIB GMON_OUT_PREFIX GCOV_PREFIX POSIXLY_CORRECT HTTP_PROXY HTTPS_PROXY
    FTP_PROXY ALL_PROXY NO_PROXY RSYNC_PROXY SOCKS_SERVER SOCKS5_SERVER AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    AWS_WEB_IDENTITY_TOKEN_FILE AWS_CA_BUNDLE AWS_PROFILE OPENAI_BASE_URL ANTHROPIC_BASE_URL NOTIFY_SOCKET LISTEN_FDS
    LISTEN_PID WATCHDOG_PID CREDENTIALS_DIRECTORY
";

/// Beginnings of names of such variables.
const DANGEROUS_FAMILIES: &str = "
    LD_ DYLD_ LC_ XDG_ BYOK_ PG PYTHON PERL RUBY LUA_ JULIA_ GUILE_ PHP_ ERL_ ELIXIR_ NODE_ DENO_ BUN_ ELECTRON_ JAVA_ JDK_
    DOTNET_ CORECLR_ COR_ENABLE_ COR_PROFILER COMPLUS_ MONO_GAC_ MONO_CFG_ R_ GHC_ TEXMF BASH GIT_ MALLOC_ GLIBC_ CARGO_ RUSTC_ RUSTUP_ CGO_ GCC_ CCACHE_ DISTCC_
    CMAKE_ PKG_CONFIG NPM_ YARN_ PNPM_ COREPACK_ COMPOSER_ GEM_ BUNDLE_ RBENV_ PYENV_ NVM_ PIP_ PIPX_ UV_ POETRY_ CONDA_
    JUPYTER_ GRADLE_ MAVEN_ SBT_ CATALINA_ HADOOP_ SPARK_SUBMIT_ SPARK_CONF_ ANSIBLE_ TF_CLI_ TF_PLUGIN_ DOCKER_ BUILDKIT_ NIX_ GUIX_ FLATPAK_ DPKG_ DEBCONF_ RPM_ SYSTEMD_ SUDO_ SSH_ GPG_ KRB5 GSS_ DBUS_ GTK_ GDK_ GIO_ GSETTINGS_ GST_ QT_ KDE EMACS LIBGL_ MESA_ VK_ICD_ VK_DRIVER_ VK_ADD_ VK_LOADER_ VK_INSTANCE_
    OCL_ICD_ OPENSSL_ SSL_ GNUTLS_ NSS_ P11_KIT_ PKCS11_ LDAPTLS_ MAGICK_ GDAL_ SASL_ TERMINFO P4 BZR_ AWS_ENDPOINT_
";

/// Endings of names of such variables, for any program.
const DANGEROUS_ENDS: &[&str] = &[
    "_PATH",
    "_PRELOAD",
    "_ASKPASS",
    "_PAGER",
    "_EDITOR",
    "_BROWSER",
    "_SHELL",
    "_OPTIONS",
    "_OPTS",
    "_FLAGS",
    "_ARGS",
    "_COMMAND",
    "_CMD",
    "_WRAPPER",
    "_LOADER",
    "_HOOKS",
    "_INIT",
    "_STARTUP",
    "_PLUGINS",
    "_MODULES",
    "_PROFILE",
    "_PROXY",
    "_CA_BUNDLE",
    "_CERT_FILE",
    "_CERT_DIR",
    "_BASE_URL",
    "_CONFIG_FILE",
];

/// Checks that a field may be put into a variable of this name. `allowed` means that the caller has allowed it.
pub fn check_variable(name: &str, content: Content, allowed: bool) -> Result<(), VariableError> {
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    if !begins || name.len() > 128 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(VariableError::Malformed);
    }
    if of_catalog(content).any(|known| known == name) {
        return Ok(());
    }
    // Some programs read their variables in lower case too.
    let upper = name.to_ascii_uppercase();
    if is_dangerous(&upper) {
        return Err(VariableError::Dangerous);
    }
    let ends = |with: &[&str]| with.iter().any(|end| upper.len() > end.len() && upper.ends_with(end));
    if allowed || ends(CREDENTIAL) || (content == Content::Setting && ends(SETTING)) {
        return Ok(());
    }
    Err(VariableError::Unusual)
}

/// The first variable of a provider that is refused, and why.
pub(super) fn unfit_variable(provider: &Provider) -> Option<(&str, VariableError)> {
    let usual = provider.env.iter().map(|name| (name, Content::Secret));
    let own = provider.fields.iter().filter_map(|field| Some((field.env.as_ref()?, Content::of(field))));
    usual.chain(own).find_map(|(name, content)| Some((name.as_str(), check_variable(name, content, false).err()?)))
}

/// The variables of the catalog: those of keys, or those of settings.
fn of_catalog(content: Content) -> impl Iterator<Item = &'static str> {
    let of = move |provider: &'static Provider| {
        let usual = provider.env.iter().filter(move |_| content == Content::Secret);
        let own = provider.fields.iter().filter(move |field| Content::of(field) == content);
        usual.chain(own.filter_map(|field| field.env.as_ref())).map(String::as_str)
    };
    Catalog::builtin().providers().iter().flat_map(of)
}

fn is_dangerous(upper: &str) -> bool {
    DANGEROUS.split_ascii_whitespace().any(|name| name == upper)
        || DANGEROUS_FAMILIES.split_ascii_whitespace().any(|family| upper.starts_with(family))
        || DANGEROUS_ENDS.iter().any(|end| upper.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, allowed: bool) -> Result<(), VariableError> {
        check_variable(name, Content::Secret, allowed)
    }

    #[test]
    fn what_programs_load_run_or_trust_is_no_place_for_a_key_whatever_anybody_allows() {
        let known = "PATH path LD_PRELOAD DYLD_INSERT_LIBRARIES HOME BYOK_X PGPASSWORD https_proxy LESSOPEN LESSCLOSE lessopen
            VIMINIT GVIMINIT EXINIT LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_CPATH DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS
            CORECLR_PROFILER_PATH COR_PROFILER MANPAGER MANOPT GIT_PAGER SYSTEMD_PAGER PAGER DELTA_PAGER BAT_PAGER R_PROFILE
            R_PROFILE_USER R_ENVIRON R_LIBS PHPRC PHP_INI_SCAN_DIR ERL_AFLAGS ERL_FLAGS ERL_ZFLAGS ERL_LIBS
            ELIXIR_ERL_OPTIONS JULIA_LOAD_PATH JULIA_PROJECT GUILE_LOAD_PATH PERL5OPT PERL5LIB PERL5DB PYTHONSTARTUP PYTHONPATH
            PYTHONWARNINGS PYTHONBREAKPOINT RUBYOPT RUBYLIB GEM_PATH BUNDLE_GEMFILE IRBRC NODE_OPTIONS NODE_PATH
            NODE_EXTRA_CA_CERTS ELECTRON_RUN_AS_NODE BUN_OPTIONS JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS MAVEN_OPTS
            SBT_OPTS JRUBY_OPTS GROOVY_OPTS CLASSPATH KUBECONFIG DOCKER_HOST DOCKER_CONFIG AWS_CONFIG_FILE SSH_ASKPASS
            GIT_ASKPASS GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_EXTERNAL_DIFF SSH_AUTH_SOCK SUDO_EDITOR GNUPGHOME BASH_ENV ENV
            ZDOTDIR PROMPT_COMMAND FZF_DEFAULT_COMMAND FZF_DEFAULT_OPTS RIPGREP_CONFIG_PATH TAR_OPTIONS RSYNC_RSH CVS_RSH SVN_SSH
            HGEDITOR MAKEFLAGS MAKEFILES CC RUSTC_WRAPPER CARGO_BUILD_RUSTC GOFLAGS GOTOOLCHAIN CGO_CFLAGS CMAKE_PREFIX_PATH
            NPM_CONFIG_NODE_OPTIONS npm_config_script_shell PIP_INDEX_URL PIP_CONFIG_FILE UV_INDEX_URL CONDA_EXE GTK_MODULES
            GIO_EXTRA_MODULES QT_PLUGIN_PATH GST_PLUGIN_PATH LIBGL_DRIVERS_PATH VK_ICD_FILENAMES OPENSSL_CONF OPENSSL_ENGINES
            SSL_CERT_FILE SSLKEYLOGFILE CURL_CA_BUNDLE GCONV_PATH LOCPATH TERMINFO GLIBC_TUNABLES MALLOC_CHECK_ AWKPATH
            EMACSLOADPATH TEXMFCNF TEXMFHOME ODBCSYSINI ORACLE_HOME MAGICK_CONFIGURE_PATH ANSIBLE_CONFIG ANSIBLE_VAULT_PASSWORD_FILE
            TF_CLI_CONFIG_FILE OPENAI_BASE_URL AWS_ENDPOINT_URL LISTEN_FDS NOTIFY_SOCKET CREDENTIALS_DIRECTORY DATABASE_URL
            LD_API_KEY GIT_TOKEN NPM_TOKEN PYTHON_API_KEY";
        for name in known.split_ascii_whitespace() {
            for allowed in [false, true] {
                assert!(check(name, allowed).is_err(), "{name}");
            }
        }
        for malformed in ["", "A-B", "1A", "A B", "A=B", "\u{c4}_KEY", "A\n_KEY", &"A".repeat(129)] {
            assert_eq!(check(malformed, true), Err(VariableError::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn a_key_goes_where_the_catalog_says_or_where_the_name_says_credential_and_elsewhere_by_permission() {
        for good in [
            "OPENAI_API_KEY",
            "HF_TOKEN",
            "LLM_KEY",
            "gateway_api_key",
            "VENDOR_SECRET",
            "X_PASSWORD",
            "GCP_CREDENTIALS",
        ] {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
        for unusual in ["OPENAI", "_X", "KEY", "_KEY", "FOO", "MY_URL", "AWS_REGION", "A_HOST", "OPENAI_ORG_ID"] {
            assert_eq!(check(unusual, false), Err(VariableError::Unusual), "{unusual}");
            assert_eq!(check(unusual, true), Ok(()), "{unusual}");
        }
        let setting = |name| check_variable(name, Content::Setting, false);
        assert_eq!(setting("AWS_REGION"), Ok(()));
        assert_eq!(setting("VENDOR_WORKSPACE_ID"), Ok(()));
        assert_eq!(setting("LESSOPEN"), Err(VariableError::Dangerous));
        assert_eq!(setting("VENDOR_ANYTHING"), Err(VariableError::Unusual));
    }

    #[test]
    fn no_variable_of_the_catalog_is_a_dangerous_one() {
        for name in of_catalog(Content::Secret).chain(of_catalog(Content::Setting)) {
            assert!(!is_dangerous(&name.to_ascii_uppercase()), "{name}");
        }
        assert!(of_catalog(Content::Secret).count() > 36);
    }
}
