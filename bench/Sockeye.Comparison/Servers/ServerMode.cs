namespace Sockeye.Comparison.Servers;

/// <summary>What a server does with what it gets.</summary>
internal enum ServerMode
{
    /// <summary>Sends every byte back.</summary>
    Echo,

    /// <summary>Takes length-prefixed messages apart and sends each back as one.</summary>
    Codec,

    /// <summary>Sends every message of one connection to all others.</summary>
    Broadcast,

    /// <summary>Sends every byte back, over TLS.</summary>
    Tls,
}
