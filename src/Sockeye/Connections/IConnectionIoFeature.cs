using System.IO.Pipelines;

namespace Sockeye.Transports;

/// <summary>Exposes the I/O of a connection to layers on top of it and to hosts.</summary>
/// <remarks>A feature of the connection. <see cref="TransportConnection"/> implements it.</remarks>
public interface IConnectionIoFeature
{
    /// <summary>Gets the scheduler for work that no caller awaits, such as callbacks.</summary>
    PipeScheduler Scheduler { get; }

    /// <summary>Gets the clock of the connection: that of its transport. Default: that of the system.</summary>
    TimeProvider TimeProvider => TimeProvider.System;

    /// <summary>Gets a task that completes when nothing more will be sent.</summary>
    Task SendCompletion { get; }

    /// <summary>Gets a token that fires when nothing more will be received: after FIN, a reset or an abort. Default: a token that
    /// never fires.</summary>
    CancellationToken PeerEnded => CancellationToken.None;

    /// <summary>
    /// Makes <c>ConnectionClosed</c> fire as soon as nothing more will be received (FIN, a reset, an abort), although something
    /// may still be sent; immediately if that is so already. For hosts that expect this, as Kestrel does.
    /// </summary>
    void SignalClosedWhenReceivingEnds();
}
