using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The trace of a connection: an activity of the source "Sockeye", from the start of the connection to its end. Safe for
/// concurrent callers.
/// </summary>
internal sealed class ConnectionTrace : IConnectionTraceFeature
{
    private static readonly ActivitySource Source = new("Sockeye");

    private readonly TimeProvider _time;
    private EndPoint? _peer;

    private ConnectionTrace(Activity activity, TimeProvider time) => (Activity, _time) = (activity, time);

    /// <summary>Whether a listener exists. Reads one field; without a listener, nothing else of this class is used.</summary>
    public static bool IsEnabled => Source.HasListeners();

    public Activity Activity { get; }

    /// <summary>
    /// Starts an activity, which becomes <see cref="System.Diagnostics.Activity.Current"/> for the rest of the caller's async
    /// method. Null if no listener samples it.
    /// </summary>
    public static ConnectionTrace? Start(ActivityKind kind, TimeProvider time)
    {
        // The activity of the code that started the server is not the parent of its clients' activities.
        if (kind is ActivityKind.Server)
            Activity.Current = null;
        var name = kind is ActivityKind.Server ? "sockeye.server.connection" : "sockeye.client.connection";
        var activity = Source.StartActivity(name, kind, parentContext: default, startTime: time.GetUtcNow());
        return activity is null ? null : new(activity, time);
    }

    /// <summary>Records that the connection is established.</summary>
    public void Attach(ConnectionContext connection)
    {
        _peer = connection.RemoteEndPoint;
        connection.Features.Set<IConnectionTraceFeature>(this);
        Activity.SetTag("sockeye.connection.id", connection.ConnectionId);
        Activity.SetTag("network.transport", UnixPathEndPoint.IsUnix(_peer) ? "unix" : "tcp");
        SetAddress("network.peer", _peer);
        SetAddress("network.local", connection.LocalEndPoint);
    }

    /// <summary>Ends the activity when the connection has ended.</summary>
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

    /// <summary>Ends the activity of a connection that could not be established.</summary>
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
        // AddException adds the type. The texts are set here, escaped, because they may quote what a peer sent.
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
