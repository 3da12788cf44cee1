// The table of what is taken for a secret. docs/redaction.md has the same lists, and a test compares them.

/// What is a secret by its name or by its shape.
package enum RedactionRules {
    /// Names whose words say nothing of a secret, and whose value is one: of headers, most of them.
    package static let names = [
        "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "authentication-info",
        "proxy-authentication-info", "cookie", "cookie2", "set-cookie", "set-cookie2", "dpop", "api-key", "x-api-key",
        "x-auth-token", "private-token", "token", "session-id", "x-access-key", "x-amz-security-token",
        "x-amzn-oidc-data", "x-amzn-oidc-identity", "x-forwarded-client-cert", "x-ssl-client-cert", "ssl-client-cert",
        "x-ms-client-principal", "key", "code", "sid", "sig",
    ]

    /// What the names of headers that a proxy adds about a person begin with.
    package static let namePrefixes = ["x-goog-"]

    /// What such a name ends with.
    package static let nameEndings = ["cookie", "cookies"]

    /// What a name holds, whatever stands before and after it and however it is written.
    package static let fragments = [
        "password", "passwd", "passphrase", "passcode", "passkey", "pwd", "secret", "token", "apikey", "accesskey",
        "privatekey", "credential", "session", "sessid", "signature", "authorization", "authentication", "bearer",
        "jwt", "csrf", "xsrf", "samlresponse", "samlrequest", "connectionstring", "mnemonic",
    ]

    /// What one of a name's words is.
    package static let words = [
        "pass", "pw", "pin", "otp", "totp", "mfa", "sid", "sig", "cred", "creds", "cvv", "cvc", "hmac", "assertion",
        "verifier", "authcode", "seedphrase",
    ]

    /// Words after which a key is none that opens anything; after all others it is.
    package static let openKeys = [
        "public", "primary", "foreign", "sort", "partition", "cache", "idempotency", "surrogate", "socket", "row",
        "group", "translation", "index", "hash", "object", "arrow", "shift",
    ]

    /// Words that end in `key`, `pass` or begin with `auth`, and are no secret.
    package static let openWords = [
        "monkey", "turkey", "donkey", "hockey", "jockey", "whiskey", "hotkey", "publickey", "primarykey", "foreignkey",
        "sortkey", "cachekey", "compass", "bypass", "trespass", "overpass", "underpass", "author", "authors",
        "authored", "authoring", "authority", "authorities", "authentic", "authenticated",
    ]

    /// Words beside which a code is a secret.
    package static let codeWords = [
        "auth", "access", "security", "verification", "verify", "confirmation", "activation", "invite", "invitation",
        "reset", "recovery", "backup", "device", "user", "login", "sms", "mfa", "two", "2fa", "one", "oauth", "gift",
    ]

    /// Names that hold a word of these lists and are no secret.
    package static let openNames = [
        "token_type", "max_tokens", "prompt_tokens", "completion_tokens", "total_tokens",
        "access-control-allow-credentials",
    ]

    /// Schemes other than Bearer and Basic that a header's value may begin with.
    package static let schemes = [
        "Token", "ApiKey", "Api-Key", "Key", "Digest", "Negotiate", "NTLM", "Hawk", "AWS4-HMAC-SHA256", "SharedKey",
        "SharedKeyLite", "SharedAccessSignature", "OAuth", "Signature", "HMAC", "JWT", "DPoP", "SSWS", "GenieKey",
        "GoogleLogin", "Splunk",
    ]

    /// Headers that are lists of names, where a secret may be one item or follow one.
    package static let listHeaders = ["sec-websocket-protocol"]

    /// Options of one letter that announce a secret in a list of arguments.
    package static let shortOptions = ["-p"]

    /// Names that a space alone may part from their value, where the value looks like a secret.
    package static let spokenNames = [
        "password", "passwd", "passphrase", "passcode", "pwd", "requirepass", "secret", "token", "apikey", "api-key",
        "api_key", "accesskey", "access-key", "access_key", "privatekey", "private-key", "private_key",
    ]

    /// Words before a password in quotes, as in SQL.
    package static let quotedNames = ["password", "passwd", "passphrase", "passcode", "pwd", "identified"]

    /// Members of JSON whose value is the name of what the members beside them hold.
    package static let nameMembers = [
        "name", "key", "field", "header", "param", "parameter", "label", "id", "property", "attribute", "column",
        "variable", "setting", "option", "flag", "k", "n",
    ]

    /// Members of JSON that say where or of what kind the value beside them is.
    package static let pointerMembers = ["path", "pointer", "type", "kind"]

    /// Members of JSON that hold the value of such a name, path or kind.
    package static let valueMembers = [
        "value", "values", "val", "v", "default", "defaultvalue", "newvalue", "oldvalue", "stringvalue",
    ]

    /// Members of JSON that hold the value of such a name, but not that of a path or a kind.
    package static let textMembers = ["content", "text", "data"]

    /// Members of JSON that hold the names of columns; the lists beside them are the columns.
    package static let listMembers = [
        "columns", "cols", "columnnames", "names", "keys", "fields", "fieldnames", "headers", "header", "head",
        "schema", "meta", "metadata",
    ]

    /// Members of JSON that hold rows even where they are no list.
    package static let rowMembers = ["rows", "data", "values", "records"]

    /// How keys and tokens of well-known services begin, and how many characters follow at least.
    package static let prefixes: [(start: String, least: Int)] = [
        ("AKIA", 12), ("ASIA", 12), ("ABIA", 12), ("ACCA", 12), ("ghp_", 10), ("gho_", 10), ("ghu_", 10), ("ghs_", 10),
        ("ghr_", 10), ("github_pat_", 10), ("glpat-", 8), ("gldt-", 8), ("glrt-", 8), ("glcbt-", 8), ("glptt-", 8),
        ("sk_live_", 6), ("sk_test_", 6), ("rk_live_", 6), ("rk_test_", 6), ("whsec_", 8), ("sk-", 16), ("xoxb-", 6),
        ("xoxp-", 6), ("xoxa-", 6), ("xoxr-", 6), ("xoxs-", 6), ("xoxe-", 6), ("xoxe.", 6), ("xapp-", 6), ("AIza", 20),
        ("ya29.", 6), ("GOCSPX-", 8), ("SG.", 16), ("npm_", 16), ("pypi-", 16), ("dop_v1_", 16), ("hf_", 16),
        ("shpat_", 8), ("shpss_", 8), ("shpca_", 8), ("shppa_", 8), ("sq0atp-", 8), ("sq0csp-", 8), ("EAACEdEose0", 4),
        ("lin_api_", 8), ("ntn_", 16), ("dapi", 32), ("hvs.", 8), ("hvb.", 8), ("hvr.", 8), ("glsa_", 8), ("NRAK-", 8),
        ("rzp_live_", 6), ("dckr_pat_", 6), ("PMAK-", 8), ("figd_", 8), ("sbp_", 16), ("pul-", 16),
        ("AGE-SECRET-KEY-", 8),
        ("hooks.slack.com/services/", 4),
    ]
}
