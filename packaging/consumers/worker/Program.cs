using Sockeye;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSockeyeServer(server => server
    .Configure(options => options.ListenLocalhost(0).Run(
        connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output))));
builder.Services.AddHealthChecks().AddSockeyeServer();
builder.Services.AddSockeyeAdmin(options => options.Port = 0);
builder.Services.AddHostedService<worker.Worker>();
builder.Build().Run();
