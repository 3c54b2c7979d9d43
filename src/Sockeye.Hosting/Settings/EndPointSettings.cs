namespace Sockeye.Hosting;

/// <summary>The section "EndPoints". Each endpoint has a name, which appears only in its errors.</summary>
internal sealed class EndPointSettings(
    IReadOnlyDictionary<string, NamedHandler> handlers, string contentRoot, SockeyeServerOptions options)
{
    /// <summary>The endpoints that were added, each with the key of its address.</summary>
    public IReadOnlyList<(string Key, ListenOptions Listen)> Apply(SettingsReader server)
    {
        List<(string, ListenOptions)> added = [];
        if (server.Section("EndPoints") is not { } endpoints)
            return added;
        foreach (var name in endpoints.Names)
        {
            if (endpoints.Section(name) is { } reader && Add(reader) is { } listen)
                added.Add(($"{reader.Path}:Listen", listen));
        }

        return added;
    }

    private ListenOptions? Add(SettingsReader reader)
    {
        var address = reader.RequiredText("Listen", "\"*:7000\"");
        var name = reader.RequiredText("Handler", HandlerExample);
        var handler = FindHandler(reader, name);
        // Errors of the other settings are reported even if there is no valid address.
        var listen = Listen(reader, address);
        var settings = listen ?? new SockeyeServerOptions().ListenLocalhost(0);
        LimitSettings.ApplyBeforeProxy(reader, settings);
        ProxySettings.Apply(reader.Section("ProxyProtocol"), settings);
        LimitSettings.ApplyBehindProxy(reader, settings);
        if (reader.Section("Timeouts") is { } timeouts)
        {
            TimeoutSettings.Apply(timeouts, new SockeyeServerOptions().Timeouts); // Reports errors now, not at the start.
            settings.UseTimeouts(change => TimeoutSettings.Apply(reader.Section("Timeouts"), change));
        }

        var tls = reader.Section("Tls");
        if (handler?.BeforeTls is { } beforeTls && !TryAddBeforeTls(reader, name!, beforeTls, tls, listen))
            return listen;
        TlsSettings.Apply(tls, settings, contentRoot);
        reader.ReportUnknown();
        if (handler is not null && listen is not null)
            Run(reader, name!, handler, listen);
        return listen;
    }

    private string HandlerExample => handlers.Count > 0
        ? $"\"{handlers.Keys.First()}\""
        : "\"echo\", and name a handler in AddSockeyeServer(server => server.AddHandler(\"echo\", …))";

    private ListenOptions? Listen(SettingsReader reader, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (EndPointText.Parse(text, out var reason) is not { } endpoint)
        {
            reader.Fail("Listen", text, $"write an endpoint as {Forms}: {reason}.");
            return null;
        }

        switch (endpoint.Kind)
        {
            case EndPointKind.Localhost:
                return options.ListenLocalhost(endpoint.Port);
            case EndPointKind.Any:
                return options.ListenAnyIP(endpoint.Port);
            case EndPointKind.Name:
                reader.Fail("Listen", text, $"a host name may have several addresses, so write one of them: {Forms}.");
                return null;
            default:
                return options.Listen(endpoint.EndPoint!);
        }
    }

    private const string Forms = "7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000 or unix:/path";

    private NamedHandler? FindHandler(SettingsReader reader, string? name)
    {
        if (string.IsNullOrEmpty(name))
            return null;
        if (handlers.TryGetValue(name, out var handler))
            return handler;
        reader.Fail("Handler", name, handlers.Count == 0
            ? "no handler has a name: name it in AddSockeyeServer(server => server.AddHandler(\"…\", …))."
            : $"there is no such handler. There are: {string.Join(", ", handlers.Keys.Order(StringComparer.Ordinal))}.");
        return null;
    }

    /// <summary>Adds the phase in clear text. Without TLS after it, clients would continue in clear text.</summary>
    /// <param name="reader">The section of the endpoint.</param>
    /// <param name="name">The name of the handler.</param>
    /// <param name="beforeTls">Adds the middleware.</param>
    /// <param name="tls">The section of TLS; null if there is none.</param>
    /// <param name="listen">The endpoint; null if its address is invalid: code that builds pipelines is not called.</param>
    private static bool TryAddBeforeTls(
        SettingsReader reader, string name, Action<ListenOptions> beforeTls, SettingsReader? tls, ListenOptions? listen)
    {
        if (tls is null)
        {
            reader.Fail("Handler", name, "it starts TLS in the middle of connections (beforeTls), so the endpoint needs a "
                + "section Tls with a Certificate.");
            return true;
        }

        if (listen is null)
            return true;
        beforeTls(listen);
        if (!listen.HasHandler)
            return true;
        reader.Fail("Handler", name, "its beforeTls ends the pipeline with Run(…): it adds middleware with Use(…) only.");
        return false;
    }

    private static void Run(SettingsReader reader, string name, NamedHandler handler, ListenOptions listen)
    {
        handler.Configure(listen);
        if (!listen.HasHandler)
            reader.Fail("Handler", name, "its pipeline does not end with Run(…): add the handler that serves a connection.");
    }
}
