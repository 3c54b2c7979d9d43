using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Transports;

/// <summary>A transport whose listeners keep accepting after errors, for hosts with a separate accept loop, such as
/// Kestrel.</summary>
/// <remarks>
/// <para>It wraps another transport. <c>AcceptAsync</c> of its listeners retries after an error, with increasing delays while
/// the process has no free descriptor, and throws only if the caller cancels it. It returns null when the listener is unbound.
/// Unbinding and disposing do not throw. All listeners together log one line when accepting starts to fail, and one when it
/// works again.</para>
/// <para><see cref="SockeyeServer"/> includes this behavior. Safe for use from any thread. The owner of the wrapped transport
/// disposes it.</para>
/// </remarks>
public sealed class ResilientTransport : IConnectionListenerFactory
{
    private readonly IConnectionListenerFactory _transport;
    private readonly AcceptFailureLog _failures;
    private readonly ILogger _logger;

    /// <summary>Wraps a transport.</summary>
    /// <param name="transport">The transport that binds and accepts.</param>
    /// <param name="logger">The logger of errors.</param>
    public ResilientTransport(IConnectionListenerFactory transport, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(logger);
        (_transport, _logger) = (transport, logger as SafeLogger ?? new SafeLogger(logger));
        _failures = new(Scheduling.GetTimeProvider(transport), _logger);
    }

    /// <summary>Binds a listener of the wrapped transport, and throws the same exceptions.</summary>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new ResilientListener(
            await _transport.BindAsync(endpoint, cancellationToken),
            _failures,
            Scheduling.GetTimeProvider(_transport),
            Scheduling.GetRandom(_transport),
            _logger);
}
