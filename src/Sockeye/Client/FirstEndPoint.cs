using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Connects to the first of several endpoints that accepts, in the order of preference.</summary>
internal static class FirstEndPoint
{
    /// <summary>Returns the endpoints in the form in which clients connect to them.</summary>
    /// <exception cref="ArgumentException">There is no endpoint, or one is not an endpoint to connect to.</exception>
    public static EndPoint[] Normalize(IEnumerable<EndPoint> endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        EndPoint[] targets = [.. endpoints.Select(HostNames.Normalize)];
        return targets.Length > 0
            ? targets
            : throw new ArgumentException("There is no endpoint. Give at least one.", nameof(endpoints));
    }

    /// <summary>Returns the text of the endpoints for messages.</summary>
    public static string Describe(IEnumerable<EndPoint> endpoints) => string.Join(" or ", endpoints.Select(DisplayText.Format));

    /// <summary>Connects. Each endpoint has the whole <see cref="SockeyeClientOptions.ConnectTimeout"/>.</summary>
    /// <exception cref="IOException">All endpoints failed. With several, the message has the errors of all.</exception>
    public static async ValueTask<ConnectionContext> ConnectAsync(
        SockeyeClient client, IReadOnlyList<EndPoint> endpoints, CancellationToken cancellationToken)
    {
        List<IOException> errors = [];
        foreach (var endpoint in endpoints)
        {
            try
            {
                return await client.ConnectAsync(endpoint, cancellationToken);
            }
            catch (IOException error) // Connecting, or a layer of the client, failed.
            {
                errors.Add(error);
            }
        }

        if (errors is [var only])
            ExceptionDispatchInfo.Throw(only);
        throw new ConnectException(
            string.Join(' ', errors.Select(each => each.Message)),
            (errors[^1] as ConnectException)?.SocketError ?? SocketError.SocketError, errors[^1]);
    }
}
