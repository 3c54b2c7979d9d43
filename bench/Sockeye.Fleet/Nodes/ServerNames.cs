namespace Sockeye.Fleet.Nodes;

/// <summary>The contestants, as the command line and the tables name them.</summary>
internal static class ServerNames
{
    public const string Sockeye = "sockeye";
    public const string SignalR = "signalr";
    public const string MessagePack = "signalr-messagepack";

    public static readonly IReadOnlyList<string> All = [Sockeye, SignalR, MessagePack];

    public static bool IsSockeye(string server) => server == Sockeye;

    public static string Title(string server) => server switch
    {
        Sockeye => "Sockeye, NATS",
        SignalR => "SignalR, Redis",
        MessagePack => "SignalR MessagePack, Redis",
        _ => server,
    };
}
