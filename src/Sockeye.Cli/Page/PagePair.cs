namespace Sockeye.Cli;

/// <summary>A connection with both of its ends. The port of the client identifies it.</summary>
/// <param name="port">The port of the client.</param>
/// <param name="createdAt">The time of its first end.</param>
internal sealed class PagePair(int port, long createdAt)
{
    public int Port => port;

    public long CreatedAt => createdAt;

    /// <summary>The name of the client; null for a client that is not of the page.</summary>
    public string? Name { get; set; }

    /// <summary>The end of the client; null for a client in another process.</summary>
    public PageEnd? Client { get; set; }

    /// <summary>The end of the server; null before <c>accept()</c>.</summary>
    public PageEnd? Server { get; set; }

    /// <summary>The number of the client's socket in the process.</summary>
    public long? ClientHandle { get; set; }

    /// <summary>The number of the server's socket in the process.</summary>
    public long? ServerHandle { get; set; }

    /// <summary>The time at which the last of its sockets was gone; null while there is one.</summary>
    public long? GoneAt { get; set; }

    public bool IsOpen => Client is { IsClosed: false } || Server is { IsClosed: false };

    public IEnumerable<PageEnd> Ends => new[] { Client, Server }.OfType<PageEnd>();
}
