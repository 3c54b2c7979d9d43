using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connect to a name: resolves its addresses, and tries them one after another until the first one answers.</summary>
/// <remarks>
/// Happy Eyeballs version 2 (RFC 8305). Both families are resolved at once; if the IPv4 addresses are first, they wait for the
/// IPv6 addresses for a short time (section 3). The families alternate, IPv6 first (section 4). The next address is tried when
/// the last one has been silent for a short time, or at once when one has failed (section 5). Addresses of this machine are not
/// raced: no slow network is in between, so a silent address means a busy machine, and a second attempt would be a second client.
/// An instance is used once. Only the loop of <see cref="ConnectAsync"/> touches the state.
/// </remarks>
internal sealed class HappyEyeballs(SockeyeClientOptions options, EndPoint target)
{
    private readonly Queue<EndPoint> _ipv6 = new();
    private readonly Queue<EndPoint> _others = new();
    private readonly List<Task<HostLookup>> _lookups = [];
    private readonly List<ConnectAttempt> _running = [];
    private readonly ConnectReport _report = new(options, target);
    private bool _wasLastIPv6;

    /// <summary>The delay before the next attempt.</summary>
    private Task _attemptDelay = Task.CompletedTask;

    /// <summary>Connects, or throws <see cref="ConnectException"/>.</summary>
    public async ValueTask<ConnectionContext> ConnectAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            StartLookups(stop.Token);
            while (true)
            {
                stop.Token.ThrowIfCancellationRequested();
                if (_attemptDelay.IsCompleted && HasNext && !_running.Exists(IsExclusive) && TryDequeueNext(out var address))
                    StartAttempt(address, stop.Token);
                if (_running.Count + _lookups.Count == 0 && !HasNext)
                    throw _report.AllFailedError();
                await Task.WhenAny(GetPendingTasks()).WaitAsync(stop.Token);
                CollectAddresses(stop.Token);
                if (TakeWinner() is { } connection)
                    return connection;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (cancellationToken.IsCancellationRequested)
                throw _report.CancelledError(cancellationToken);
            throw _report.TimedOutError();
        }
        finally
        {
            // The other attempts are not awaited: one that ignores its cancellation must not delay the result.
            stop.Cancel();
            foreach (var loser in _running)
                _ = loser.DiscardAsync();
        }
    }

    private void StartLookups(CancellationToken cancellationToken)
    {
        var local = options.LocalEndPoint?.AddressFamily;
        if (target is not DnsEndPoint name)
        {
            if (local is not null && (target as IPEndPoint)?.AddressFamily != local)
                throw _report.OtherFamilyError();
            _others.Enqueue(target);
            return;
        }

        foreach (var family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetworkV6, AddressFamily.InterNetwork])
        {
            if ((local ?? family) == family && (name.AddressFamily is AddressFamily.Unspecified || name.AddressFamily == family))
                _lookups.Add(HostLookup.RunAsync(options, name.Host, family, cancellationToken));
        }
    }

    private bool HasNext => _ipv6.Count + _others.Count > 0;

    /// <summary>Whether the next address waits until this attempt has failed, even if it stays silent.</summary>
    private bool IsExclusive(ConnectAttempt attempt) =>
        options.LocalEndPoint is { Port: not 0 } // which two sockets cannot share
        || attempt.IsOnThisMachine;

    private bool TryDequeueNext([MaybeNullWhen(false)] out EndPoint address)
    {
        var (next, other) = _wasLastIPv6 ? (_others, _ipv6) : (_ipv6, _others);
        return next.TryDequeue(out address) || other.TryDequeue(out address);
    }

    private void StartAttempt(EndPoint address, CancellationToken cancellationToken)
    {
        _wasLastIPv6 = address is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 };
        _attemptDelay = Task.Delay(options.ConnectionAttemptDelay, options.TimeProvider, cancellationToken);
        var attempt = new ConnectAttempt(options, address, cancellationToken);
        _running.Add(attempt);
        _report.Attempts.Add(attempt);
    }

    private IEnumerable<Task> GetPendingTasks()
    {
        IEnumerable<Task> pending = [.. _lookups, .. _running.Select(attempt => attempt.Completion)];
        return _attemptDelay.IsCompleted ? pending : pending.Append(_attemptDelay);
    }

    private void CollectAddresses(CancellationToken cancellationToken)
    {
        foreach (var lookup in _lookups.FindAll(lookup => lookup.IsCompleted))
        {
            _lookups.Remove(lookup);
            var (family, addresses, error) = lookup.GetAwaiter().GetResult();
            if (error is not null)
                _report.LookupErrors.Add(error);
            var port = ((DnsEndPoint)target).Port;
            foreach (var address in addresses)
                (family == AddressFamily.InterNetworkV6 ? _ipv6 : _others).Enqueue(new IPEndPoint(address, port));
            if (_report.Attempts.Count == 0)
            {
                _attemptDelay = _lookups.Count == 0 || family == AddressFamily.InterNetworkV6
                    ? Task.CompletedTask
                    : Task.Delay(options.ResolutionDelay, options.TimeProvider, cancellationToken);
            }
        }
    }

    private ConnectionContext? TakeWinner()
    {
        foreach (var attempt in _running.FindAll(attempt => attempt.Completion.IsCompleted))
        {
            _running.Remove(attempt);
            if (attempt.Connection is { } connection)
                return connection;
            // Any other exception is a mistake of the caller or a bug, which another address would not avoid.
            if (attempt.Error is not (IOException or SocketException or OperationCanceledException))
                ExceptionDispatchInfo.Throw(attempt.Error!);
            _report.LastError = attempt.Error;
            _attemptDelay = Task.CompletedTask;
        }

        return null;
    }
}
