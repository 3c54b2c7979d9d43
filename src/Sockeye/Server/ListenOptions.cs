using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>An endpoint of a server, and the pipeline of its connections: middleware in the order in which it was added, then the
/// handler given to <c>Run</c>.</summary>
/// <remarks>Sealed together with its <see cref="SockeyeServerOptions"/> when the server starts.</remarks>
public sealed class ListenOptions : IConnectionBuilder
{
    private readonly SockeyeServerOptions _server;
    private readonly List<Middleware> _middleware = [];
    private readonly List<Action<ConnectionTimeouts>> _timeoutChanges = [];
    private ConnectionDelegate? _handler;

    internal ListenOptions(SockeyeServerOptions server, EndPoint endpoint, bool isLocalhost = false)
    {
        (_server, EndPoint, IsLocalhost) = (server, endpoint, isLocalhost);
    }

    /// <summary>Gets the requested address. <see cref="SockeyeServer.EndPoints"/> has the bound addresses.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Gets the services of the server's options.</summary>
    public IServiceProvider ApplicationServices => _server.ApplicationServices;

    /// <summary>Gets whether <c>Run</c> has ended the pipeline.</summary>
    public bool HasHandler => _handler is not null;

    /// <summary>Whether the endpoint is 127.0.0.1 and ::1, with one port.</summary>
    internal bool IsLocalhost { get; }

    /// <summary>The name of the handler in the log of the server's start.</summary>
    internal string HandlerName { get; private set; } = HandlerNames.Handler;

    /// <summary>The maximum number of open connections of the endpoint; null if only the server's limit applies.</summary>
    internal int? MaxConnections { get; private set; }

    /// <summary>The maximum size in bytes of a handler's state that moves; null if connections do not move.</summary>
    internal int? MaxMovedState { get; private set; }

    internal IReadOnlyList<Middleware> Middleware => _middleware;

    /// <summary>Adds a middleware: code before and after <c>next(connection)</c>, or instead of it.</summary>
    /// <exception cref="InvalidOperationException"><c>Run</c> has ended the pipeline, or the server runs.</exception>
    public ListenOptions Use(Func<ConnectionContext, ConnectionDelegate, Task> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return Use(HandlerNames.GetName(middleware), (next, _) => connection => middleware(connection, next));
    }

    /// <summary>
    /// Lets the connections of this endpoint move to another server, as at an upgrade, and lets this endpoint continue those of
    /// another one. The other endpoint needs it, too.
    /// </summary>
    /// <remarks>
    /// A handler of messages (<c>Run</c> with a codec) then moves between two messages, if it waits for one. A handler of bytes
    /// calls <c>connection.MoveAsync</c>; one that never does stays where it is. In the other server, the middleware of the
    /// endpoint runs again, and then the handler, with <c>connection.IsContinued</c>. A connection with TLS or a bandwidth limit
    /// does not move.
    /// </remarks>
    /// <param name="maxStateSize">The maximum size in bytes of a handler's own state. Default: 16 KiB. Range: 0 to 1 MiB.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxStateSize"/> is outside the range.</exception>
    /// <exception cref="InvalidOperationException"><c>Run</c> has ended the pipeline, or the server runs.</exception>
    public ListenOptions UseMoving(int maxStateSize = 16 * 1024)
    {
        OptionChecks.InRange(maxStateSize, 0, 1 << 20, nameof(maxStateSize));
        Use("UseMoving", static (next, _) => next);
        MaxMovedState = maxStateSize;
        return this;
    }

    /// <summary>Ends the pipeline with a handler. When its task ends, the connection is closed in order (FIN) after the written
    /// data is sent; when it throws, the connection is reset.</summary>
    /// <exception cref="InvalidOperationException">The endpoint has a handler, or the server runs.</exception>
    public void Run(ConnectionDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Run(handler, HandlerNames.Handler);
    }

    /// <summary>Ends the pipeline with a handler class. The endpoint has one instance, whose constructor gets its arguments from
    /// <see cref="ApplicationServices"/>.</summary>
    /// <exception cref="InvalidOperationException">The endpoint has a handler, or the server runs.</exception>
    public void Run<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : ConnectionHandler
    {
        ThrowIfEnded();
        var handler = new ConnectionBuilder(ApplicationServices).UseConnectionHandler<THandler>().Build();
        Run(handler, HandlerNames.GetName(typeof(THandler)));
    }

    /// <summary>Ends the pipeline with a handler, as <see cref="Run(ConnectionDelegate)"/> does, and names it.</summary>
    /// <param name="handler">The handler of a connection.</param>
    /// <param name="name">The name of the handler in the log of the server's start.</param>
    /// <exception cref="InvalidOperationException">The endpoint has a handler, or the server runs.</exception>
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

    /// <summary>Returns the address, as logs and errors name it.</summary>
    public override string ToString() => IsLocalhost ? $"localhost:{((IPEndPoint)EndPoint).Port}" : $"{EndPoint}";

    IConnectionBuilder IConnectionBuilder.Use(Func<ConnectionDelegate, ConnectionDelegate> middleware) =>
        Use(HandlerNames.GetName(middleware), (next, _) => middleware(next));

    /// <summary>Builds the pipeline without a server, with the clock and the loggers of the options.</summary>
    ConnectionDelegate IConnectionBuilder.Build() => Build(new(this, new(ServerConfiguration.Create(_server))));

    /// <summary>Adds a middleware.</summary>
    /// <param name="name">The name in the log of the server's start.</param>
    /// <param name="wrap">Returns the middleware around the next step of the pipeline. Called when the server starts.</param>
    /// <param name="stage">The position in the pipeline, which the start checks.</param>
    internal ListenOptions Use(
        string name,
        Func<ConnectionDelegate, PipelineContext, ConnectionDelegate> wrap,
        MiddlewareStage stage = MiddlewareStage.Any)
    {
        ThrowIfEnded();
        _middleware.Add(new(name, stage, wrap));
        return this;
    }

    /// <summary>Records a limit on the open connections of the endpoint, for metrics.</summary>
    internal ListenOptions LimitConnections(int maxConnections)
    {
        ThrowIfEnded();
        MaxConnections = Math.Min(maxConnections, MaxConnections ?? int.MaxValue);
        return this;
    }

    /// <summary>Gives the endpoint separate timeouts, which are initially those of the server.</summary>
    /// <param name="name">The name in the log of the server's start.</param>
    /// <param name="change">Changes the timeouts. Called when the server starts.</param>
    internal ListenOptions ConfigureTimeouts(string name, Action<ConnectionTimeouts> change)
    {
        Use(name, static (next, _) => next);
        _timeoutChanges.Add(change);
        return this;
    }

    /// <summary>Returns the timeouts of the endpoint: those of the server, with the changes that were added here.</summary>
    /// <param name="server">The timeouts of the server, sealed.</param>
    internal ConnectionTimeouts ApplyTimeoutChanges(ConnectionTimeouts server)
    {
        if (_timeoutChanges.Count == 0)
            return server;
        var timeouts = server.Copy();
        foreach (var change in _timeoutChanges)
            change(timeouts);
        return timeouts.Seal();
    }

    /// <exception cref="InvalidOperationException">The endpoint has no handler.</exception>
    internal ConnectionDelegate Build(PipelineContext context)
    {
        var pipeline = _handler ?? throw new InvalidOperationException(
            $"{this} has no handler: end its configuration with Run(…), as in options.Listen…(…).Run(connection => …).");
        foreach (var middleware in Enumerable.Reverse(_middleware))
            pipeline = middleware.Wrap(pipeline, context);
        return pipeline;
    }

    private void ThrowIfEnded()
    {
        if (_server.IsSealed)
            throw new InvalidOperationException($"The server runs already: {this} can no longer be changed.");
        if (HasHandler)
            throw new InvalidOperationException(
                $"{this} has its handler already: Run ends the pipeline, so it comes once and last.");
    }
}
