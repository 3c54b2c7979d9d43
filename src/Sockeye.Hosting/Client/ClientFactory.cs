using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sockeye.Hosting;

/// <summary>Creates the clients of the host from code and from the configuration.</summary>
internal static class ClientFactory
{
    private const string Section = "SockeyeClients";

    /// <exception cref="OptionsValidationException">The section of the client is missing or invalid.</exception>
    public static HostedClient Create(
        IServiceProvider services, string name, Action<IServiceProvider, SockeyeClientOptions>? configure)
    {
        var options = new SockeyeClientOptions { LoggerFactory = services.GetRequiredService<ILoggerFactory>() };
        configure?.Invoke(services, options);
        var pool = new ConnectionPoolOptions();
        List<string> errors = [];
        var section = services.GetRequiredService<IConfiguration>().GetSection($"{Section}:{name}");
        var contentRoot = services.GetRequiredService<IHostEnvironment>().ContentRootPath;
        var endpoints = ClientSettings.Apply(new(section, errors), options, pool, contentRoot);
        if (errors.Count > 0)
            throw new OptionsValidationException(section.Path, typeof(SockeyeClientOptions), errors);
        return new(name, CreateClient(options, section.Path), endpoints, pool);
    }

    private static SockeyeClient CreateClient(SockeyeClientOptions options, string path)
    {
        try
        {
            return new(options);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new OptionsValidationException(path, typeof(SockeyeClientOptions), [$"{path}: {error.Message}"]);
        }
    }
}
