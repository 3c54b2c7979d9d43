using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The values of a server's options when the server took them. Immutable: a reload creates another one, and compares
/// the two.</summary>
internal sealed record ServerConfiguration
{
    public required IConnectionListenerFactory Transport { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required Random Random { get; init; }

    public required ILoggerFactory LoggerFactory { get; init; }

    public required IServiceProvider ApplicationServices { get; init; }

    public required IReadOnlyList<ListenOptions> Endpoints { get; init; }

    /// <summary>The timeouts of connections, sealed.</summary>
    public required ConnectionTimeouts Timeouts { get; init; }

    public required TimeSpan ShutdownTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required LimitAction AtMaxConnections { get; init; }

    public required int MaxClosedHistory { get; init; }

    /// <summary>The sockets that the process got when it started. Null: none.</summary>
    public required IInheritedSource? InheritedSource { get; init; }

    public static ServerConfiguration Create(SockeyeServerOptions options) => new()
    {
        Transport = options.Transport,
        TimeProvider = options.TimeProvider,
        Random = options.Random,
        LoggerFactory = options.LoggerFactory,
        ApplicationServices = options.ApplicationServices,
        Endpoints = [.. options.Endpoints],
        Timeouts = options.Timeouts.Copy().Seal(),
        ShutdownTimeout = options.ShutdownTimeout,
        MaxConnections = options.MaxConnections,
        AtMaxConnections = options.AtMaxConnections,
        MaxClosedHistory = options.MaxClosedHistory,
        InheritedSource = options.InheritedSource,
    };

    /// <summary>Checks that a server with this configuration can continue with the next one.</summary>
    /// <exception cref="InvalidOperationException">A value differs that cannot change. The message names the option.</exception>
    public void ThrowIfCannotChangeTo(ServerConfiguration next)
    {
        ThrowIfDifferent(Transport, next.Transport, nameof(Transport));
        ThrowIfDifferent(TimeProvider, next.TimeProvider, nameof(TimeProvider));
        ThrowIfDifferent(LoggerFactory, next.LoggerFactory, nameof(LoggerFactory));
        ThrowIfDifferent(MaxClosedHistory, next.MaxClosedHistory, nameof(MaxClosedHistory));
    }

    private static void ThrowIfDifferent<T>(T running, T next, string option)
        where T : notnull
    {
        if (!running.Equals(next))
        {
            throw new InvalidOperationException(
                $"{option} cannot change while a server runs: leave it out of the reload's options, or start another server.");
        }
    }
}
