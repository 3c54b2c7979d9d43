using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>Creates the options of the NATS client: what the engine needs, and what the user sets.</summary>
internal static class ConnectionOpts
{
    /// <exception cref="InvalidOperationException">The user's function returns options that cannot be used.</exception>
    public static NatsOpts Create(NatsClusterOptions options, ClusterEngineContext context)
    {
        var defaults = NatsOpts.Default with
        {
            Url = options.Url,
            Name = $"sockeye {context.ClusterName} {context.Self}",
            ConnectTimeout = options.ServerTimeout,
        };
        var opts = defaults;
        if (options.ConfigureConnection is { } configure)
        {
            opts = configure(defaults) ?? throw new InvalidOperationException(
                "ConfigureConnection returned null: return the options that it gets, changed by a \"with\" expression.");
        }

        CheckFiles(opts);
        return opts with
        {
            // A frame is never for the node that sends it.
            Echo = false,
            // One "+OK" for each frame would be noise.
            Verbose = false,
            // The other mode subscribes to an inbox at once, which an account may not permit, and which the engine does not use.
            RequestReplyMode = NatsRequestReplyMode.SharedInbox,
            // The engine sends pings itself: bytes that arrive count as an answer, so that much to read is not taken for silence.
            PingInterval = TimeSpan.Zero,
            // The engine connects again itself, with a new client: see NatsLink.
            RetryOnInitialConnect = false,
            MaxReconnectRetry = -1,
            WaitUntilSent = false,
            DrainSubscriptionsOnDispose = false,
            PublishTimeoutOnDisconnected = false,
        };
    }

    // The client reads the files when it connects, which would repeat the error at each attempt.
    private static void CheckFiles(NatsOpts opts)
    {
        (string Option, string? Path)[] files =
        [
            ("AuthOpts.CredsFile", opts.AuthOpts.CredsFile), ("AuthOpts.NKeyFile", opts.AuthOpts.NKeyFile),
            ("TlsOpts.CaFile", opts.TlsOpts.CaFile), ("TlsOpts.CertFile", opts.TlsOpts.CertFile),
            ("TlsOpts.KeyFile", opts.TlsOpts.KeyFile), ("TlsOpts.CertBundleFile", opts.TlsOpts.CertBundleFile),
        ];
        foreach (var (option, path) in files)
        {
            if (!string.IsNullOrEmpty(path) && !File.Exists(path))
            {
                throw new InvalidOperationException(
                    $"{option} of the NATS connection is \"{path}\", which does not exist or cannot be read: correct the path.");
            }
        }
    }
}
