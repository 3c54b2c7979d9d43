using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Contestants;

/// <summary>One server that takes part.</summary>
/// <param name="Name">What <c>--server</c> takes.</param>
/// <param name="Title">What the tables say.</param>
/// <param name="Modes">What it can do besides <see cref="ServerMode.Echo"/>.</param>
internal sealed record Contestant(string Name, string Title, params ServerMode[] Modes)
{
    /// <summary>How it is built and started; null: it is this program itself, run as a child.</summary>
    public Peer? Peer { get; init; }

    /// <summary>Completions run on the thread that polls (DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS).</summary>
    public bool InlineCompletions { get; init; }

    /// <summary>A .NET program, which can tell what it allocates.</summary>
    public bool IsDotNet => Peer is null;

    /// <summary>One of Sockeye's own rows.</summary>
    public bool IsSockeye => Name.StartsWith("sockeye-", StringComparison.Ordinal);

    public bool Supports(ServerMode mode) => mode == ServerMode.Echo || Modes.Contains(mode);
}
