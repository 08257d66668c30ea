using Microsoft.AspNetCore.Http.HttpResults;
using Serilog;

namespace AlexNetService.Api.Classify;

/// <summary>Adds to the request's line in the log which models answered and where the time went.</summary>
internal sealed class ClassifyLog(IDiagnosticContext log) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        if (result is INestedHttpResult { Result: Ok<ClassifyAnswer> { Value: { } answer } })
        {
            log.Set("Models", answer.Models.Select(model => model.Name));
            log.Set("Crops", answer.Crops);
            log.Set("DecodeMs", answer.Timing.DecodeMs);
            log.Set("QueueMs", answer.Timing.QueueMs);
            log.Set("InferMs", answer.Timing.InferMs);
        }

        return result;
    }
}
