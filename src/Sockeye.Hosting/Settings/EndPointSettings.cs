namespace Sockeye.Hosting;

/// <summary>The section "EndPoints". Each endpoint has a name, which appears only in its errors.</summary>
internal sealed class EndPointSettings(
    IReadOnlyDictionary<string, Action<ListenOptions>> handlers, string contentRoot, SockeyeServerOptions options)
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
        var handler = reader.RequiredText("Handler", HandlerExample);
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

        TlsSettings.Apply(reader.Section("Tls"), settings, contentRoot);
        reader.ReportUnknown();
        if (!string.IsNullOrEmpty(handler))
            Run(reader, handler, listen);
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

    /// <param name="reader">The section of the endpoint.</param>
    /// <param name="name">The name of the handler.</param>
    /// <param name="listen">The endpoint. Null if its address is invalid: it is not served, and code that builds pipelines is not
    /// called.</param>
    private void Run(SettingsReader reader, string name, ListenOptions? listen)
    {
        if (!handlers.TryGetValue(name, out var handler))
        {
            reader.Fail("Handler", name, handlers.Count == 0
                ? "no handler has a name: name it in AddSockeyeServer(server => server.AddHandler(\"…\", …))."
                : $"there is no such handler. There are: {string.Join(", ", handlers.Keys.Order(StringComparer.Ordinal))}.");
            return;
        }

        if (listen is null)
            return;
        handler(listen);
        if (!listen.HasHandler)
            reader.Fail("Handler", name, "its pipeline does not end with Run(…): add the handler that serves a connection.");
    }
}
