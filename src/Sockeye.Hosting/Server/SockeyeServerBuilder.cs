using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sockeye.Hosting;

/// <summary>What code says of a server in a host: handlers that its configuration names, and what is not configured.</summary>
public sealed class SockeyeServerBuilder
{
    private readonly Dictionary<string, Action<ListenOptions>> _handlers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Action<SockeyeServerOptions>> _changes = [];

    internal SockeyeServerBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    internal IReadOnlyDictionary<string, Action<ListenOptions>> Handlers => _handlers;

    internal IReadOnlyList<Action<SockeyeServerOptions>> Changes => _changes;

    /// <summary>Names what serves connections; endpoints of the configuration ask for it by this name.</summary>
    /// <param name="name">Case does not matter.</param>
    /// <param name="configure">
    /// Ends the endpoint's pipeline with <c>Run</c>. Called for each endpoint that names it, at start and at each reload: what
    /// is to outlive a reload is made outside. What the configuration limits and encrypts comes before.
    /// </param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SockeyeServerBuilder AddHandler(string name, Action<ListenOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (!_handlers.TryAdd(name, configure))
            throw new ArgumentException($"There is a handler \"{name}\" already: choose another name.", nameof(name));
        return this;
    }

    /// <summary>Names a handler class: one instance for all connections, over all reloads, made and disposed of by the host's
    /// services (a singleton, unless it was registered otherwise before).</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SockeyeServerBuilder AddHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(string name)
        where THandler : ConnectionHandler
    {
        Services.TryAddSingleton<THandler>();
        return AddHandler(name, static listen => listen.Run<THandler>());
    }

    /// <summary>Names a handler class of which each connection has an instance of its own, in a scope of services that ends with
    /// the connection: for handlers that need what is scoped. Each costs a scope, which may last for days.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public SockeyeServerBuilder ScopedHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(string name)
        where THandler : ConnectionHandler
    {
        Services.TryAddScoped<THandler>();
        return AddHandler(name, static listen => listen.Run(HandlerNames.GetName(typeof(THandler)), async connection =>
        {
            var scope = listen.ApplicationServices.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
                await scope.ServiceProvider.GetRequiredService<THandler>().OnConnectedAsync(connection).ConfigureAwait(false);
        }));
    }

    /// <summary>Changes the options in code: endpoints, the transport, what no configuration has. Called at start and at each
    /// reload, before the configuration is applied.</summary>
    /// <param name="configure">Given options whose <c>ApplicationServices</c> and <c>LoggerFactory</c> are the host's.</param>
    public SockeyeServerBuilder Configure(Action<SockeyeServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _changes.Add(configure);
        return this;
    }
}
