#:sdk Microsoft.NET.Sdk.Web
#:project ../src/Sockeye.Kestrel/Sockeye.Kestrel.csproj
#:project ../src/Sockeye.Linux/Sockeye.Linux.csproj
var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddSockeyeTransport();

var app = builder.Build();
app.MapGet("/", () => "Hello from Kestrel on Sockeye");
app.Run();
