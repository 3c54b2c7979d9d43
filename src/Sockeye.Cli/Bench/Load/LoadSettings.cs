using System.Net;

namespace Sockeye.Cli;

/// <summary>The connections of a load, and what they exchange.</summary>
internal sealed record LoadSettings
{
    public required IReadOnlyList<EndPoint> Targets { get; init; }

    /// <summary>The clients, one for each local address.</summary>
    public required IReadOnlyList<SockeyeClient> Clients { get; init; }

    public required RequestMessages Messages { get; init; }

    public required AnswerText Answer { get; init; }

    public FrameCodec? Codec { get; init; }

    /// <summary>The text before the number of a request in its answer; null: answers come in order.</summary>
    public byte[]? IdPrefix { get; init; }

    public int Connections { get; init; } = 10;

    /// <summary>The maximum number of open requests of a connection.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>The maximum number of connects a second; null: as fast as they complete.</summary>
    public double? ConnectRate { get; init; }

    /// <summary>The number of requests after which a connection is replaced.</summary>
    public int? RequestsPerConnection { get; init; }

    /// <summary>The time after which a connection is replaced.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Whether nothing is sent, and what arrives is counted.</summary>
    public bool IsReceiveOnly { get; init; }

    public bool HasAnswers => Answer.Kind is not AnswerKind.None && !IsReceiveOnly;
}
