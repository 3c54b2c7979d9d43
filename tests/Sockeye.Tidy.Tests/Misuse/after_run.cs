// error CS0023: Run ends the pipeline. A middleware after it would never see a connection, so Run returns nothing.
using Sockeye;

await SockeyeServer.RunAsync(server =>
    server.ListenLocalhost(0).Run(connection => Task.CompletedTask).UseConnectionLimit(1));
