#:project ../src/Sockeye/Sockeye.csproj
using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye;

ConnectionDelegate echo = connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output);

await SockeyeServer.RunAsync(server =>
{
    server.ShutdownTimeout = TimeSpan.FromSeconds(20);
    server.ListenUnixSocket(Path.Combine(Path.GetTempPath(), "echo.sock")).Run(echo);
    server.Listen(IPEndPoint.Parse("[::1]:7000"))
        .Use(async (connection, next) =>
        {
            Console.WriteLine($"{connection.ConnectionId} opened by {connection.RemoteEndPoint}");
            try
            {
                await next(connection);
            }
            finally
            {
                Console.WriteLine($"{connection.ConnectionId} handled: {connection.CloseReason}");
            }
        })
        .Run(echo);
});
