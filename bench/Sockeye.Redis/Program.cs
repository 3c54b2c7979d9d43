using System.Globalization;
using Sockeye.Redis;

// dotnet run -c Release --project bench/Sockeye.Redis            clients on redis-server: CPU time of this process
// dotnet run -c Release --project bench/Sockeye.Redis -- servers servers under redis-benchmark: CPU time of each server
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["servers"])
    await ServerComparison.RunAsync();
else
    await ClientComparison.RunAsync();
