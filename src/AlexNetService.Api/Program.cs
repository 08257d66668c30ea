using AlexNetService.Api.Classify;
using AlexNetService.Api.Explain;
using AlexNetService.Api.Features;
using AlexNetService.Api.Grpc;
using AlexNetService.Api.Health;
using AlexNetService.Api.OpenApi;
using AlexNetService.Api.OpenInference;
using AlexNetService.Api.Predict;

if (await HealthCheck.RunAsync(args) is { } health)
{
    return health;
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (!builder.TryAddSettingsFile())
{
    return Startup.FailureExitCode;
}

builder.ListenOnLocalhostByDefault();
builder.AddRequestLog();
builder.AddAccess();
builder.Services.AddCrossOrigin();
builder.AddTelemetry();
builder.Services.AddJsonAnswers();
builder.Services.AddOpenInference();
builder.Services.AddInferenceCalls();
builder.Services.AddCompressedAnswers();
builder.Services.AddProblems();

// Hosted services stop in reverse order: the drain waits for the loader.
builder.Services.AddDrain();
builder.Services.AddModels();
builder.Services.AddClassify();
builder.Services.AddOpenApiDocument();

if (builder.BuildOrExplain() is not { } app)
{
    return Startup.FailureExitCode;
}

app.UseRequestId();
app.UseForwarded();
app.UseRequestLog();
app.UseDrain();
app.UsePipelining();
app.UseGrpcOutcome();
app.UseSecurityHeaders();
app.UseCompressedAnswers();
app.UseProblems();
app.UseOptionsRequests();
app.UsePageFiles();
app.UseRouting();
app.UseCrossOrigin();
app.UseAccess();
app.UseOpenApiDocument();

var v1 = app.MapGroup("/v1").RefusesUnknownParameters();
v1.MapClassify();
v1.MapBatch();
v1.MapFeatures();
v1.MapExplain();
v1.MapModels();
v1.MapPredict();
v1.MapFilters();
app.MapOpenInference();
app.MapInferenceCalls();
app.MapHealth();
app.MapProblems();
app.MapMetrics();

var models = app.Services.GetRequiredService<ServedModels>();
try
{
    await app.RunAsync();
    return models.Failed ? 1 : 0;
}
catch (Exception e) when (Startup.Explain(e) is { } sentence)
{
    await Console.Error.WriteLineAsync(sentence);
    return Startup.FailureExitCode;
}
