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

    /// <summary>The server as the program that runs it calls it.</summary>
    private string ServerName { get; init; } = Name;

    /// <summary>
    /// Another build of this program that runs the server (<c>--baseline</c>); null: this build does.
    /// </summary>
    public string? Program { get; private init; }

    /// <summary>Completions run on the thread that polls (DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS).</summary>
    public bool InlineCompletions { get; init; }

    /// <summary>A .NET program, which can report what it allocates.</summary>
    public bool IsDotNet => Peer is null;

    /// <summary>The name of the row that runs the same server with the baseline build.</summary>
    public string BaselineName => $"baseline-{Name}";

    /// <summary>One of Sockeye's own rows.</summary>
    public bool IsSockeye => Name.StartsWith("sockeye-", StringComparison.Ordinal);

    /// <summary>The command that starts the server in <paramref name="mode"/>.</summary>
    public string[] GetCommand(ServerMode mode)
    {
        if (Peer is not null)
            return Peer.Run;
        string[] arguments = ["serve", ServerName, mode.ToString()];
        return Program is null ? Programs.Self(arguments) : Programs.Other(Program, arguments);
    }

    /// <summary>The same server, run by <paramref name="program"/>, which is another build of this one.</summary>
    public Contestant AsBaseline(string program) =>
        this with { Name = BaselineName, Title = $"{Title}, baseline", ServerName = Name, Program = program };

    public bool Supports(ServerMode mode) => mode == ServerMode.Echo || Modes.Contains(mode);
}
