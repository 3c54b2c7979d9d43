using System.Globalization;
using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>Maps paths to the page, its data and its buttons.</summary>
internal sealed class PageSite(PageViews views, PageActions actions, PageGuard guard)
{
    private const string StatePath = "/api/state";
    private const string PressPath = "/api/press";
    private const string ReadingMethods = "GET, HEAD";

    private readonly Dictionary<string, HttpResponse> _files = HttpPage.Load(guard.Token);

    /// <exception cref="HttpRefusal">The client may not access the resource, or it does not exist.</exception>
    public HttpResponse Answer(HttpRequest request)
    {
        PageGuard.CheckHost(request);
        if (request.Path == PressPath)
        {
            Allow(request, "POST");
            guard.CheckPress(request);
            return Press(request);
        }

        Allow(request, ReadingMethods);
        if (request.Path == StatePath)
        {
            var query = request.ReadQuery();
            return HttpResponse.Json(JsonSerializer.SerializeToUtf8Bytes(
                views.Read(Number(query, "segment"), Number(query, "call")), PageJson.Default.PageView));
        }

        return _files.GetValueOrDefault(request.Path)
            ?? throw new HttpRefusal(404, $"there is no {request.Path} here: start at /");
    }

    private static void Allow(HttpRequest request, string methods)
    {
        if (!methods.Split(", ").Contains(request.Method))
            throw new HttpRefusal(405, $"{request.Path} takes {methods}, not {request.Method}") { Allow = methods };
    }

    private static long Number(Dictionary<string, string> query, string name)
    {
        if (!query.TryGetValue(name, out var text))
            return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw HttpRefusal.Bad($"{name} is a number from 0, not \"{text}\"");
    }

    private HttpResponse Press(HttpRequest request)
    {
        PageRequest? press = null;
        try
        {
            press = JsonSerializer.Deserialize(request.Body, PageJson.Default.PageRequest);
        }
        catch (JsonException)
        {
            // Reported like any other wrong body.
        }

        var message = press is null ? null : actions.Start(press);
        return message is null
            ? throw HttpRefusal.Bad(
                "the body is {\"action\":\"connect\"}, with the port and the side for a button of a connection")
            : HttpResponse.Json(JsonSerializer.SerializeToUtf8Bytes(new PageAnswer(message), PageJson.Default.PageAnswer));
    }
}
