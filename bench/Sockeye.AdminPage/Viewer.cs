using System.Globalization;

namespace Sockeye.AdminPage;

/// <summary>Sends the requests of the page in a browser, as often, and reports the time of the answers.</summary>
internal static class Viewer
{
    private static readonly string[] Paths =
    [
        "/api/server", "/api/history?since=0", "/api/closed", "/api/connections?sort=age",
        "/api/connections?sort=received&order=desc",
        "/api/connections?q=127.0.0.1", "/metrics",
    ];

    public static async Task FetchAsync(Uri page, TimeSpan time)
    {
        using var http = new HttpClient { BaseAddress = page };
        var took = Paths.ToDictionary(path => path, _ => new List<TimeSpan>());
        for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < time;)
        {
            foreach (var path in Paths)
            {
                var asked = TimeProvider.System.GetTimestamp();
                await http.GetByteArrayAsync(new Uri(path, UriKind.Relative));
                took[path].Add(TimeProvider.System.GetElapsedTime(asked));
            }

            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }

        Console.WriteLine("| Answer | middle | slowest |");
        Console.WriteLine("| --- | ---: | ---: |");
        foreach (var (path, times) in took)
        {
            times.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| `{path}` | {times[times.Count / 2].TotalMilliseconds:0.0} ms | {times[^1].TotalMilliseconds:0.0} ms |"));
        }
    }
}
