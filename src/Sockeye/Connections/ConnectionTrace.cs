using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One activity of the source "Sockeye": a connection, from its start to its end. Safe for concurrent callers.</summary>
internal sealed class ConnectionTrace : IConnectionTraceFeature
{
    private static readonly ActivitySource Source = new("Sockeye");

    private readonly TimeProvider _time;
    private EndPoint? _peer;

    private ConnectionTrace(Activity activity, TimeProvider time) => (Activity, _time) = (activity, time);

    /// <summary>Without a listener nothing else of this is used: one look at a field.</summary>
    public static bool IsEnabled => Source.HasListeners();

    public Activity Activity { get; }

    /// <summary>It is <see cref="System.Diagnostics.Activity.Current"/> from now on, for the rest of the caller's async method.
    /// Null if no listener wants it.</summary>
    public static ConnectionTrace? Start(ActivityKind kind, TimeProvider time)
    {
        // The activity of the code that started the server has nothing to do with its clients.
        if (kind is ActivityKind.Server)
            Activity.Current = null;
        var name = kind is ActivityKind.Server ? "sockeye.server.connection" : "sockeye.client.connection";
        var activity = Source.StartActivity(name, kind, parentContext: default, startTime: time.GetUtcNow());
        return activity is null ? null : new(activity, time);
    }

    /// <summary>The connection stands.</summary>
    public void Attach(ConnectionContext connection)
    {
        _peer = connection.RemoteEndPoint;
        connection.Features.Set<IConnectionTraceFeature>(this);
        Activity.SetTag("sockeye.connection.id", connection.ConnectionId);
        Activity.SetTag("network.transport", UnixPathEndPoint.IsUnix(_peer) ? "unix" : "tcp");
        SetAddress("network.peer", _peer);
        SetAddress("network.local", connection.LocalEndPoint);
    }

    /// <summary>The connection is over, or was never there.</summary>
    public void End(ConnectionContext connection, CloseReason reason)
    {
        // Behind a proxy, the connection has the address of its client by now.
        if (!Equals(_peer, connection.RemoteEndPoint))
            SetAddress("client", connection.RemoteEndPoint);
        Activity.SetTag(MetricTags.CloseCause, MetricTags.GetValue(reason.Cause));
        Activity.SetTag(MetricTags.ClosedBy, MetricTags.GetValue(reason.By));
        if (!reason.IsOrderly && reason.Cause is not CloseCause.Stop)
            SetError(MetricTags.GetValue(reason.Cause), reason.Description, reason.Exception);
        End();
    }

    /// <summary>There is no connection.</summary>
    public void Fail(Exception error)
    {
        SetError($"{error.GetType()}", PrintableText.Escape(error.Message), error);
        End();
    }

    private void SetError(string type, string description, Exception? error)
    {
        Activity.SetTag(MetricTags.ErrorType, type);
        Activity.SetStatus(ActivityStatusCode.Error, description);
        if (error is null)
            return;
        // Its type is told by itself; its texts may quote what a peer sent.
        var tags = new TagList
        {
            { "exception.message", PrintableText.Escape(error.Message) },
            { "exception.stacktrace", PrintableException.GetText(error) },
        };
        Activity.AddException(error, tags, _time.GetUtcNow());
    }

    private void SetAddress(string prefix, EndPoint? endpoint)
    {
        if (endpoint is IPEndPoint ip)
        {
            Activity.SetTag($"{prefix}.address", $"{ip.Address}");
            Activity.SetTag($"{prefix}.port", ip.Port);
        }
        else if ($"{endpoint}" is { Length: > 0 } path)
        {
            Activity.SetTag($"{prefix}.address", PrintableText.Escape(path));
        }
    }

    private void End()
    {
        Activity.SetEndTime(_time.GetUtcNow().UtcDateTime);
        Activity.Stop();
    }
}
