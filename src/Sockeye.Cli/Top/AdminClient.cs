using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>Requests to the admin page of a Sockeye server.</summary>
internal sealed partial class AdminClient : IDisposable
{
    private const int MaxBody = 4 << 20;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly Uri _url;
    private string? _token;

    public AdminClient(AdminUrl url)
    {
        (_url, _token) = (url.Page, url.Token);
        _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = MaxBody,
        };
    }

    /// <summary>Returns what a function reads from the JSON of a path.</summary>
    /// <exception cref="TopSourceException">The page does not answer, refuses, or has other data.</exception>
    public async Task<T> GetAsync<T>(string path, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_url, path));
        if (_token is not null)
            request.Headers.Authorization = new("Bearer", _token);
        var text = await SendAsync(request, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or OverflowException)
        {
            throw new TopSourceException($"{_url} is not the admin page of a Sockeye server", e);
        }
    }

    /// <exception cref="TopSourceException">The page refuses: the connection has ended, or the token is wrong.</exception>
    public async Task CloseAsync(string id, string reason, CancellationToken cancellationToken)
    {
        _token ??= await FindTokenAsync(cancellationToken);
        using var body = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteString("reason", reason);
            writer.WriteEndObject();
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_url, "api/close"))
        {
            Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.Add("Origin", _url.GetLeftPart(UriPartial.Authority));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        await SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Reads the token from the page, which has it if no other machine can read the page.</summary>
    private async Task<string> FindTokenAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        return Token().Match(await SendAsync(request, cancellationToken)) is { Success: true } match ? match.Groups[1].Value
            : throw new TopSourceException("closing needs the token of the page: write the URL with #token=TOKEN at its end");
    }

    private async Task<string> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            if (response.IsSuccessStatusCode)
                return text;
            var remedy = response.StatusCode is HttpStatusCode.Unauthorized ? ": write the URL with #token=TOKEN at its end" : "";
            throw new TopSourceException(
                $"{_url} refuses ({(int)response.StatusCode}): {PrintableText.Escape(text.Trim().TrimEnd('.'))}{remedy}");
        }
        catch (HttpRequestException e)
        {
            throw new TopSourceException($"{_url} does not answer: {e.Message.TrimEnd('.')}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TopSourceException($"{_url} does not answer within {Timeout.TotalSeconds:0} s", e);
        }
    }

    [GeneratedRegex("name=\"token\" content=\"([^\"]+)\"")]
    private static partial Regex Token();
}
