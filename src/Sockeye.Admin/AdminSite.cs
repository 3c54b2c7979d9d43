using System.Text.Json;

namespace Sockeye.Admin;

/// <summary>Maps paths to resources, and applies the access rules.</summary>
internal sealed class AdminSite
{
    public const string HealthPath = "/healthz";
    public const string LivePath = "/livez";

    private const string ClosePath = "/api/close";
    private const string ReadingMethods = "GET, HEAD";
    private const int MaxReason = 200;

    private readonly SockeyeServer _server;
    private readonly AdminGuard _guard;
    private readonly Action<string, string> _onClosing;
    private readonly Dictionary<string, Func<HttpRequest, HttpResponse>> _data;
    private readonly Dictionary<string, HttpResponse> _page;

    public AdminSite(
        SockeyeServer server, ServerIdentity identity, Sampler sampler, MetricCollector metrics, AdminGuard guard,
        TimeProvider time, Action<string, string> onClosing)
    {
        (_server, _guard, _onClosing) = (server, guard, onClosing);
        var data = new AdminData(server, identity, sampler, time);
        var text = new ServerMetricsText(server, identity, metrics);
        _data = new(StringComparer.Ordinal)
        {
            ["/api/server"] = _ => HttpResponse.Json(data.Server()),
            ["/api/connections"] = request => HttpResponse.Json(data.Connections(ConnectionQuery.Parse(request.ReadQuery()))),
            ["/api/closed"] = _ => HttpResponse.Json(data.Closed()),
            ["/api/history"] = request => HttpResponse.Json(data.History(request.ReadQuery())),
            ["/metrics"] = _ => new(200, ServerMetricsText.ContentType, text.Write()),
            [HealthPath] = _ => Health.Answer(server.GetLoad()),
            [LivePath] = _ => HttpResponse.Text(200, "alive\n"),
        };
        _page = HttpPage.Load(guard.PageCarriesToken ? guard.Token : "");
    }

    /// <exception cref="HttpRefusal">The client may not access the resource, or it does not exist.</exception>
    public HttpResponse Answer(HttpRequest request)
    {
        var isOptions = request is { Method: "OPTIONS", Path: not ClosePath };
        _guard.CheckHost(request, isProbe: isOptions || request.Path is HealthPath or LivePath);
        if (request.Path == ClosePath)
        {
            Allow(request, "POST");
            _guard.CheckChange(request);
            return Close(request);
        }

        if (isOptions && request.Path == "*")
            return HttpResponse.Methods($"{ReadingMethods}, OPTIONS, POST");
        var file = _page.GetValueOrDefault(request.Path);
        if (file is null && !_data.ContainsKey(request.Path))
            throw new HttpRefusal(404, $"there is no {request.Path} here: start at /");
        if (isOptions)
            return HttpResponse.Methods(ReadingMethods);
        Allow(request, ReadingMethods);
        // The page contains no data and, beyond the loopback interface, no token.
        if (file is not null)
            return file;
        _guard.CheckReading(request);
        return _data[request.Path](request);
    }

    private static void Allow(HttpRequest request, string methods)
    {
        if (!methods.Split(", ").Contains(request.Method))
            throw new HttpRefusal(405, $"{request.Path} takes {methods}, not {request.Method}") { Allow = methods };
    }

    private HttpResponse Close(HttpRequest request)
    {
        var closing = ReadBody(request.Body);
        if (closing is not { Id.Length: > 0, Reason: { } reason } || reason.Trim() is not { Length: > 0 and <= MaxReason } why
            || why.Any(char.IsControl))
        {
            throw HttpRefusal.Bad(
                $"the body is {{\"id\":\"…\",\"reason\":\"…\"}}, with a reason of 1 to {MaxReason} characters on one line");
        }

        if (!_server.Abort(closing.Id, $"closed on the admin page: {why}"))
            throw new HttpRefusal(404, $"connection {closing.Id} is no longer open");
        _onClosing(closing.Id, why);
        return HttpResponse.Json("{\"closed\":true}"u8.ToArray());
    }

    private static CloseRequest? ReadBody(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, AdminJson.Default.CloseRequest);
        }
        catch (JsonException)
        {
            return null; // Reported like any other invalid body.
        }
    }
}
