using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>Reads the signs of saturation of a server from its admin page, once for each interval.</summary>
internal sealed class AdminSigns : IDisposable
{
    // An admin page answers at once; a server that is stopped must not stop the measurement.
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _client = new() { Timeout = Timeout };
    private readonly Uri _address;

    public AdminSigns(AdminUrl url)
    {
        _address = new(url.Page, "api/server");
        if (url.Token is { } token)
            _client.DefaultRequestHeaders.Authorization = new("Bearer", token);
    }

    /// <summary>Returns the sentences of the signs; one that says why not, if the page does not answer.</summary>
    public async Task<IReadOnlyList<string>?> ReadAsync()
    {
        try
        {
            using var document = JsonDocument.Parse(await _client.GetStringAsync(_address));
            return FindSigns(document.RootElement);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException
            or KeyNotFoundException)
        {
            return ["the admin page did not answer"];
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Returns the sentences of the signs of a server.</summary>
    internal static IReadOnlyList<string> FindSigns(JsonElement server) =>
        server.ValueKind is JsonValueKind.Object && server.TryGetProperty("signs", out var signs)
            && signs.ValueKind is JsonValueKind.Array
            ? [.. signs.EnumerateArray().Select(sign => sign.GetProperty("text").GetString() ?? "")]
            : [];
}
