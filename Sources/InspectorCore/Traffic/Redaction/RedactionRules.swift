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

    /// What a name holds, whatever stands before and after it and however it is written.
    package static let fragments = [
        "password", "passwd", "passphrase", "passcode", "passkey", "pwd", "secret", "token", "apikey", "accesskey",
        "privatekey", "credential", "session", "sessid", "signature", "authorization", "authentication", "bearer",
        "jwt", "csrf", "xsrf", "cookie", "samlresponse", "samlrequest", "connectionstring", "mnemonic",
    ]

    /// What one of a name's words is.
    package static let words = [
        "pass", "pw", "pin", "otp", "totp", "mfa", "sid", "sig", "cred", "creds", "cvv", "cvc", "hmac", "assertion",
        "verifier", "authcode", "seedphrase",
    ]

    /// How the value of a header begins whose rest is what somebody identifies with (RFC 9110, 11.4, and what services
    /// have of their own).
    package static let schemes = [
        "bearer", "basic", "digest", "negotiate", "ntlm", "hawk", "hoba", "mutual", "oauth", "mac", "gss", "dpop",
        "token", "apikey", "api-key", "key", "signature", "hmac", "sharedkey", "sharedkeylite", "aws4-hmac-sha256",
        "scram-sha-1", "scram-sha-256", "privatetoken", "vapid",
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
