using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sockeye.Hosting;

/// <summary>Configures a server of the host in code: handlers that its configuration names, and options that configuration does
/// not have.</summary>
public sealed class SockeyeServerBuilder
{
    private readonly Dictionary<string, NamedHandler> _handlers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Action<SockeyeServerOptions>> _changes = [];

    internal SockeyeServerBuilder(IServiceCollection services) => Services = services;

    /// <summary>Gets the services of the host.</summary>
    public IServiceCollection Services { get; }

    internal IReadOnlyDictionary<string, NamedHandler> Handlers => _handlers;

    internal IReadOnlyList<Action<SockeyeServerOptions>> Changes => _changes;

    /// <summary>Adds a handler that endpoints of the configuration use by its name.</summary>
    /// <param name="name">The name, not case-sensitive.</param>
    /// <param name="configure">
    /// Builds the pipeline of an endpoint, which must end with <c>Run</c>. It is called for each endpoint that uses the name, at
    /// start and at each reload, so create objects that outlive a reload outside. Limits and TLS of the configuration come first.
    /// </param>
    /// <param name="beforeTls">
    /// Adds middleware for a phase in clear text, for protocols that start TLS in the middle of a connection (STARTTLS): it comes
    /// after the limits and before TLS, and calls <c>next</c> when the handshake is to start. Default: null, none: TLS starts at
    /// once. With it, endpoints that use the name must have a section "Tls".
    /// </param>
    /// <exception cref="ArgumentException">The name is already in use.</exception>
    public SockeyeServerBuilder AddHandler(
        string name, Action<ListenOptions> configure, Action<ListenOptions>? beforeTls = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (!_handlers.TryAdd(name, new(configure, beforeTls)))
            throw new ArgumentException($"There is a handler \"{name}\" already: choose another name.", nameof(name));
        return this;
    }

    /// <summary>Adds a handler class with one instance for all connections and all reloads, created and disposed by the host's
    /// services (a singleton, unless it was registered otherwise before).</summary>
    /// <inheritdoc cref="AddHandler(string, Action{ListenOptions}, Action{ListenOptions})" path="/param"/>
    /// <exception cref="ArgumentException">The name is already in use.</exception>
    public SockeyeServerBuilder AddHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string name, Action<ListenOptions>? beforeTls = null)
        where THandler : ConnectionHandler
    {
        Services.TryAddSingleton<THandler>();
        return AddHandler(name, static listen => listen.Run<THandler>(), beforeTls);
    }

    /// <summary>Adds a handler class with one instance per connection, in a service scope that ends with the connection, for
    /// handlers that need scoped services. Each connection costs a scope, which may last for days.</summary>
    /// <inheritdoc cref="AddHandler(string, Action{ListenOptions}, Action{ListenOptions})" path="/param"/>
    /// <exception cref="ArgumentException">The name is already in use.</exception>
    public SockeyeServerBuilder ScopedHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string name, Action<ListenOptions>? beforeTls = null)
        where THandler : ConnectionHandler
    {
        Services.TryAddScoped<THandler>();
        return AddHandler(name, static listen => listen.Run(
            async connection =>
            {
                var scope = listen.ApplicationServices.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                    await scope.ServiceProvider.GetRequiredService<THandler>().OnConnectedAsync(connection).ConfigureAwait(false);
            },
            HandlerNames.GetName(typeof(THandler))), beforeTls);
    }

    /// <summary>Changes the options in code, for example endpoints or the transport. It runs at start and at each reload, before
    /// the configuration is applied.</summary>
    /// <param name="configure">Changes the options, whose <c>ApplicationServices</c> and <c>LoggerFactory</c> are the
    /// host's.</param>
    public SockeyeServerBuilder Configure(Action<SockeyeServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _changes.Add(configure);
        return this;
    }
}
