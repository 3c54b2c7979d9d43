using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One endpoint of a server and what runs for each of its connections: middleware in the order it was added, then the
/// handler given to <c>Run</c>.</summary>
public sealed class ListenOptions : IConnectionBuilder
{
    private readonly List<Middleware> _middleware = [];
    private readonly List<IAcceptGate> _gates = [];
    private readonly List<IConnectionCounter> _counters = [];
    private readonly List<Action<ConnectionTimeouts>> _timeoutChanges = [];
    private ConnectionDelegate? _handler;

    internal ListenOptions(SockeyeServerOptions server, EndPoint endpoint, bool isLocalhost = false)
    {
        (Server, EndPoint, IsLocalhost) = (server, endpoint, isLocalhost);
    }

    /// <summary>The address as it was asked for; <see cref="SockeyeServer.EndPoints"/> tells the ones that were bound.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>The services of the server's options.</summary>
    public IServiceProvider ApplicationServices => Server.ApplicationServices;

    /// <summary>Gets whether <c>Run</c> has ended the pipeline.</summary>
    public bool HasHandler => _handler is not null;

    internal SockeyeServerOptions Server { get; }

    /// <summary>Whether 127.0.0.1 and ::1 are meant, with one port.</summary>
    internal bool IsLocalhost { get; }

    /// <summary>As the start of the server logs it: the class of a handler class.</summary>
    internal string HandlerName { get; private set; } = HandlerNames.Handler;

    /// <summary>How many connections the endpoint may have open; null where only the server's limit holds.</summary>
    internal int? MaxConnections { get; private set; }

    internal IReadOnlyList<Middleware> Middleware => _middleware;

    /// <summary>What decides when the next client is taken.</summary>
    internal IReadOnlyList<IAcceptGate> Gates => _gates;

    /// <summary>What counts open connections in the pipeline that was built.</summary>
    internal IReadOnlyList<IConnectionCounter> Counters => _counters;

    /// <summary>Wraps what comes after it: code before and after <c>next(connection)</c>, or instead of it.</summary>
    /// <exception cref="InvalidOperationException"><c>Run</c> has ended the pipeline already.</exception>
    public ListenOptions Use(Func<ConnectionContext, ConnectionDelegate, Task> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return Use(HandlerNames.GetName(middleware), next => connection => middleware(connection, next));
    }

    /// <summary>Ends the pipeline with the code that serves a connection. The connection is closed (flush, then FIN) when its
    /// task ends, and reset when it throws.</summary>
    /// <exception cref="InvalidOperationException">There is a handler already.</exception>
    public void Run(ConnectionDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Run(handler, HandlerNames.Handler);
    }

    /// <summary>Ends the pipeline with a handler class: one instance for the endpoint, its constructor's arguments taken from
    /// <see cref="ApplicationServices"/>.</summary>
    /// <exception cref="InvalidOperationException">There is a handler already.</exception>
    public void Run<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : ConnectionHandler
    {
        ThrowIfEnded();
        var handler = new ConnectionBuilder(ApplicationServices).UseConnectionHandler<THandler>().Build();
        Run(handler, HandlerNames.GetName(typeof(THandler)));
    }

    /// <summary>Ends the pipeline with the code that serves a connection, as <see cref="Run(ConnectionDelegate)"/> does, under a
    /// name.</summary>
    /// <param name="handler">The code that serves a connection.</param>
    /// <param name="name">The name of the handler in the log of the server's start.</param>
    /// <exception cref="InvalidOperationException">There is a handler already.</exception>
    public void Run(ConnectionDelegate handler, string name)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(name);
        ThrowIfEnded();
        (HandlerName, _handler) = (name, handler);
    }

    /// <summary>Gets whether this endpoint and another one need the same port of the machine, so that a server cannot listen on
    /// both.</summary>
    public bool Overlaps(ListenOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ListenValidation.Overlaps(this, other);
    }

    /// <summary>Checks the middleware of the endpoint, as the start of the server does.</summary>
    /// <exception cref="InvalidOperationException">The order of the middleware is wrong, or a middleware needs what the endpoint
    /// does not have. The message names the middleware and a remedy.</exception>
    public void ThrowIfInvalid() => ListenValidation.ThrowIfInvalid(this);

    /// <summary>The address, as logs and errors name it.</summary>
    public override string ToString() => IsLocalhost ? $"localhost:{((IPEndPoint)EndPoint).Port}" : $"{EndPoint}";

    IConnectionBuilder IConnectionBuilder.Use(Func<ConnectionDelegate, ConnectionDelegate> middleware) =>
        Use(HandlerNames.GetName(middleware), middleware);

    ConnectionDelegate IConnectionBuilder.Build() => Build();

    /// <summary>Adds a middleware under the name that the start of the server logs.</summary>
    internal ListenOptions Use(
        string name, Func<ConnectionDelegate, ConnectionDelegate> middleware, MiddlewareStage stage = MiddlewareStage.Any)
    {
        ThrowIfEnded();
        _middleware.Add(new(name, stage, middleware));
        return this;
    }

    /// <summary>Lets this decide, too, when the endpoint takes its next client.</summary>
    internal ListenOptions Use(IAcceptGate gate)
    {
        ThrowIfEnded();
        _gates.Add(gate);
        return this;
    }

    /// <summary>For metrics: the endpoint has no more connections than this, whatever else limits it.</summary>
    internal ListenOptions LimitConnections(int maxConnections)
    {
        MaxConnections = Math.Min(maxConnections, MaxConnections ?? int.MaxValue);
        return this;
    }

    /// <summary>For a middleware that is built: connections that are open when a reload puts it in place count, too.</summary>
    internal T AddCounter<T>(T count)
        where T : IConnectionCounter
    {
        _counters.Add(count);
        return count;
    }

    /// <summary>Gives this endpoint timeouts of its own, beginning with the server's.</summary>
    /// <param name="name">As the start of the server logs it.</param>
    /// <param name="change">Called at start, when the server's are known.</param>
    internal ListenOptions ConfigureTimeouts(string name, Action<ConnectionTimeouts> change)
    {
        Use(name, static next => next);
        _timeoutChanges.Add(change);
        return this;
    }

    /// <summary>What its connections are watched for; null for nothing.</summary>
    internal TimeoutMonitorSettings? CreateWatchPlan()
    {
        var timeouts = OptionCopier.Copy(Server.Timeouts);
        foreach (var change in _timeoutChanges)
            change(timeouts);
        return timeouts.IsAnyEnabled ? new(OptionCopier.Copy(timeouts), Server.Timer) : null;
    }

    internal ConnectionDelegate Build()
    {
        var pipeline = _handler ?? throw new InvalidOperationException(
            $"{this} has no handler: end its configuration with Run(…), as in options.Listen…(…).Run(connection => …).");
        _counters.Clear();
        foreach (var middleware in Enumerable.Reverse(_middleware))
            pipeline = middleware.Wrap(pipeline);
        return pipeline;
    }

    private void ThrowIfEnded()
    {
        if (Server.IsStarted)
            throw new InvalidOperationException($"The server runs already: {this} can no longer be changed.");
        if (HasHandler)
            throw new InvalidOperationException(
                $"{this} has its handler already: Run ends the pipeline, so it comes once and last.");
    }
}
