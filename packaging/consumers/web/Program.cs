var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSockeyeTransport();

var app = builder.Build();
app.MapGet("/", () => "Hello from Kestrel on Sockeye");
await app.StartAsync();
using var client = new HttpClient();
Console.WriteLine(await client.GetStringAsync(app.Urls.Single()));
await app.StopAsync();
