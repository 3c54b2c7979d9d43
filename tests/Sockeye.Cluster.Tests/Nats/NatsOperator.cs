using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NATS.NKeys;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>An operator with one account, as <c>nsc</c> makes them: what servers trust, and credentials of users.</summary>
internal sealed class NatsOperator
{
    private readonly KeyPair _operator = KeyPair.CreatePair(PrefixByte.Operator);
    private readonly KeyPair _account = KeyPair.CreatePair(PrefixByte.Account);

    /// <summary>The lines of the configuration of a server.</summary>
    public string Options
    {
        get
        {
            var self = Sign(_operator, _operator.GetPublicKey(), new() { ["type"] = "operator" });
            var account = Sign(_operator, _account.GetPublicKey(), new()
            {
                ["type"] = "account",
                ["limits"] = new JsonObject
                {
                    ["subs"] = -1, ["data"] = -1, ["payload"] = -1, ["imports"] = -1, ["exports"] = -1, ["wildcards"] = true,
                    ["conn"] = -1, ["leaf"] = -1,
                },
            });
            return $$"""
                operator: "{{self}}"
                resolver: MEMORY
                resolver_preload: { {{_account.GetPublicKey()}}: "{{account}}" }
                """;
        }
    }

    /// <summary>Returns the text of a credentials file of a new user.</summary>
    /// <param name="lifetime">The time until the credentials expire; null: never.</param>
    public string CreateCredentials(TimeSpan? lifetime = null)
    {
        var user = KeyPair.CreatePair(PrefixByte.User);
        var permissions = new JsonObject
        {
            ["type"] = "user", ["pub"] = new JsonObject(), ["sub"] = new JsonObject(), ["subs"] = -1, ["data"] = -1,
            ["payload"] = -1,
        };
        return $"""
            -----BEGIN NATS USER JWT-----
            {Sign(_account, user.GetPublicKey(), permissions, lifetime)}
            ------END NATS USER JWT------

            -----BEGIN USER NKEY SEED-----
            {user.GetSeed()}
            ------END USER NKEY SEED------

            """;
    }

    private static string Sign(KeyPair issuer, string subject, JsonObject content, TimeSpan? lifetime = null)
    {
        content["version"] = 2;
        var now = TimeProvider.System.GetUtcNow();
        var claims = new JsonObject
        {
            ["jti"] = now.Ticks.ToString(CultureInfo.InvariantCulture), ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = issuer.GetPublicKey(), ["sub"] = subject, ["name"] = "test", ["nats"] = content,
        };
        if (lifetime is { } time)
            claims["exp"] = (now + time).ToUnixTimeSeconds();
        var header = """{"typ":"JWT","alg":"ed25519-nkey"}"""u8;
        var text = $"{Encode(header)}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        var signature = new byte[64];
        issuer.Sign(Encoding.ASCII.GetBytes(text), signature);
        return $"{text}.{Encode(signature)}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
