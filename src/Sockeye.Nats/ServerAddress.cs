namespace Sockeye.Nats;

/// <summary>The address of a NATS server, with the credentials that it may contain.</summary>
internal sealed class ServerAddress
{
    private const int DefaultPort = 4222;
    private static readonly string[] Schemes = ["nats", "tls", "ws", "wss"];

    private readonly Uri _uri;

    private ServerAddress(Uri uri) => _uri = uri;

    /// <summary>The address for the client.</summary>
    public string Url => _uri.AbsoluteUri;

    public static IReadOnlyList<ServerAddress> ParseList(string text, string option) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(address => Parse(address, option))];

    /// <summary>The address for people, without credentials.</summary>
    public override string ToString() => $"{_uri.Scheme}://{_uri.Host}:{_uri.Port}";

    private static ServerAddress Parse(string text, string option)
    {
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"nats://{text}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || !Schemes.Contains(uri.Scheme))
            throw Wrong();
        // The schemes ws and wss have a default port, the others have none.
        return new(uri.Port >= 0 ? uri : new UriBuilder(uri) { Port = DefaultPort }.Uri);

        // The text may contain a password: the message shows what follows it.
        ArgumentException Wrong() => new(
            $"{option} has \"{text[(text.LastIndexOf('@') + 1)..]}\", which is not the address of a NATS server: write " +
            "nats://host:port, with tls, ws or wss in place of nats if the server needs it, and commas between servers.",
            option);
    }
}
