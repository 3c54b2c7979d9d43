using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sockeye.Hosting;

/// <summary>Creates the options of a server from code and from the current configuration.</summary>
internal sealed class ServerOptionsFactory(SockeyeServerBuilder builder, IServiceProvider services, string contentRoot)
{
    /// <param name="section">The section of the configuration.</param>
    /// <param name="errors">The errors of the configuration: one sentence each, which starts with the key.</param>
    public SockeyeServerOptions Create(IConfigurationSection section, out IReadOnlyList<string> errors)
    {
        var options = new SockeyeServerOptions
        {
            ApplicationServices = services,
            LoggerFactory = services.GetRequiredService<ILoggerFactory>(),
        };
        if (services.GetService<SystemdMarker>() is not null)
            options.UseSystemdSockets(closesUnused: false); // Servers share them: the host closes the rest.
        foreach (var change in builder.Changes)
            change(options);
        var names = options.Endpoints.ToDictionary(listen => listen, listen => $"{listen} (in code)");

        var found = new List<string>();
        var reader = new SettingsReader(section, found);
        ServerSettings.Apply(reader, options);
        var endpoints = new EndPointSettings(builder.Handlers, contentRoot, options);
        foreach (var (name, listen) in endpoints.Apply(reader))
            names.Add(listen, name);
        reader.ReportUnknown();
        if (found.Count == 0)
            found.AddRange(ListenErrors(options, names, section));
        errors = found;
        return options;
    }

    private static IEnumerable<string> ListenErrors(
        SockeyeServerOptions options, Dictionary<ListenOptions, string> names, IConfigurationSection section)
    {
        if (options.Endpoints.Count == 0)
        {
            yield return $"{section.Path}:EndPoints has no endpoint: add one, as in "
                + $"\"{section.Path}:EndPoints:public:Listen\": \"*:7000\", with its Handler.";
        }

        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            var listen = options.Endpoints[i];
            if (ErrorOf(listen) is { } error)
                yield return $"{names[listen]}: {error}";
            foreach (var earlier in options.Endpoints.Take(i).Where(earlier => earlier.Overlaps(listen)))
            {
                yield return $"{names[listen]} is \"{listen}\": the same port as {names[earlier]}, \"{earlier}\". Give each "
                + "endpoint a separate port, or remove one of them.";
            }
        }
    }

    private static string? ErrorOf(ListenOptions listen)
    {
        try
        {
            listen.ThrowIfInvalid();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }
}
