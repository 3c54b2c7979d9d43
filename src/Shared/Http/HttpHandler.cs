using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Serves HTTP/1.1 and 1.0 on a connection: one request after the other, each answered before the next is
/// read.</summary>
/// <param name="limit">Limits the clients that are served.</param>
/// <param name="answer">Creates the response synchronously, without waiting for another thread.</param>
/// <param name="onRefused">Called with each refused request and its client.</param>
/// <param name="onFailed">Called with the exception of a failed response.</param>
/// <param name="time">The clock of <see cref="RequestTimeout"/> and of the Date header.</param>
internal sealed class HttpHandler(
    HttpClientLimit limit,
    Func<HttpRequest, HttpResponse> answer,
    Action<ConnectionContext, HttpRefusal> onRefused,
    Action<Exception> onFailed,
    TimeProvider time)
{
    /// <summary>The maximum time from the first byte of a request to its last.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    public async Task RunAsync(ConnectionContext connection)
    {
        var client = limit.Enter(connection);
        while (await ServeNextAsync(connection))
            limit.OnAnswered(client);
    }

    /// <summary>Returns false if the connection is to be closed.</summary>
    private async ValueTask<bool> ServeNextAsync(ConnectionContext connection)
    {
        HttpRequest? request = null;
        HttpResponse response;
        var keepsAlive = false;
        try
        {
            request = await ReadAsync(connection);
            if (request is null)
                return false;
            request.Port = (connection.LocalEndPoint as IPEndPoint)?.Port ?? 0;
            response = Answer(request, connection);
            keepsAlive = request.KeepsAlive && !connection.StopRequested.IsCancellationRequested;
        }
        catch (HttpRefusal refusal)
        {
            onRefused(connection, refusal);
            response = refusal.ToResponse();
        }

        var output = connection.Transport.Output;
        output.Write(response.Head(keepsAlive, time.GetUtcNow()));
        if (request?.Method != "HEAD")
            output.Write(response.Body.Span);
        await output.FlushAsync();
        return keepsAlive;
    }

    private HttpResponse Answer(HttpRequest request, ConnectionContext connection)
    {
        try
        {
            return answer(request);
        }
        catch (HttpRefusal refusal) when (!refusal.EndsConnection)
        {
            onRefused(connection, refusal);
            return refusal.ToResponse();
        }
        catch (Exception e) when (e is not HttpRefusal)
        {
            onFailed(e);
            return HttpResponse.Text(500, "500 Internal Server Error: the log says more.\n");
        }
    }

    /// <summary>Returns null if the client has closed the connection, or the server stops.</summary>
    private async ValueTask<HttpRequest?> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        try
        {
            // The server's timeouts bound the silence between requests. An empty line does not start a request.
            while (true)
            {
                var read = await input.ReadAsync(connection.StopRequested);
                var rest = read.Buffer;
                HttpHeadParser.SkipEmptyLines(ref rest);
                input.AdvanceTo(rest.Start);
                if (!rest.IsEmpty)
                    break;
                if (read.IsCompleted)
                    return null;
            }
        }
        catch (OperationCanceledException) when (connection.StopRequested.IsCancellationRequested)
        {
            return null;
        }

        using var deadline = new CancellationTokenSource(RequestTimeout, time);
        try
        {
            return await ReadRestAsync(input, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw HttpRefusal.Broken(408, $"the request was not complete within {RequestTimeout.TotalSeconds:0} s");
        }
    }

    private static async ValueTask<HttpRequest> ReadRestAsync(PipeReader input, CancellationToken deadline)
    {
        HttpRequest? request = null;
        while (true)
        {
            var read = await input.ReadAsync(deadline);
            var buffer = read.Buffer;
            if ((request is not null || HttpHeadParser.TryParse(ref buffer, out request))
                && buffer.Length >= request.ContentLength)
            {
                var body = buffer.Slice(0, request.ContentLength);
                request.Body = body.ToArray();
                input.AdvanceTo(body.End);
                return request;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                throw HttpRefusal.Broken(400, "the request ended before it was complete");
        }
    }
}
