using AlexNetService.Api.Models;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>Tensors in, tensors out.</summary>
internal static class InferEndpoint
{
    public static void MapInfer(this IEndpointRouteBuilder model, string name) => model.MapPost("/infer", Infer)
        .WithName(name)
        .WithSummary("Crops or photographs in; probabilities, logits, features out")
        .WithMetadata(new DisableRequestSizeLimitAttribute(), new TensorBodyMetadata())
        .Produces<InferResponse>(contentType: "application/json", additionalContentTypes: "application/octet-stream")
        .ProducesErrors(
            StatusCodes.Status400BadRequest,
            StatusCodes.Status404NotFound,
            StatusCodes.Status413PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType,
            StatusCodes.Status422UnprocessableEntity,
            StatusCodes.Status500InternalServerError,
            StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> Infer(
        string name,
        HttpContext context,
        ServedModels served,
        TensorInference inference,
        InferenceStatistics statistics,
        IOptions<OpenInferenceOptions> options,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();

        // Held to the end: the model that is named here is the model that answers, whatever is loaded meanwhile.
        using var lease = served.Enter();
        if (lease is null)
        {
            return new InferenceError(ModelProblems.NotReady(served));
        }

        var (model, reason) = InferenceModel.Find(lease.Snapshot, name, context.ModelVersion());
        if (model is null)
        {
            return new InferenceError(OpenInferenceProblems.NotFound(reason ?? ""));
        }

        InferredRows? answered = null;
        try
        {
            var (body, fault) = await InferBody.ReadAsync(context.Request, options.Value.MaxBodyBytes, cancellation);
            if (body is null)
            {
                return new InferenceError(fault ?? OpenInferenceProblems.Bad("There is no body."));
            }

            using (body)
            {
                var (rows, problem) = await inference.RunAsync(body, model, cancellation);
                if (rows is null)
                {
                    return new InferenceError(problem ?? OpenInferenceProblems.Bad("There is no answer."));
                }

                var answer = new InferAnswer(model, body.Request.Id, rows);
                answered = rows;
                return answer;
            }
        }
        catch (TensorException e)
        {
            return new InferenceError(OpenInferenceProblems.Bad(e.Message));
        }
        finally
        {
            statistics.Add(model, answered, time.GetElapsedTime(begun));
        }
    }
}

/// <summary>Marks an endpoint that reads tensors from the body itself.</summary>
internal sealed class TensorBodyMetadata;

/// <summary>The JSON of an inference answer.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="ModelName">What answered.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Outputs">The tensors.</param>
internal sealed record InferResponse(
    string? Id,
    [property: System.Text.Json.Serialization.JsonPropertyName("model_name")] string ModelName,
    [property: System.Text.Json.Serialization.JsonPropertyName("model_version")] string ModelVersion,
    IReadOnlyList<ResponseOutput> Outputs);

/// <summary>A tensor of the answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">FP32, or BYTES where classes were asked for.</param>
/// <param name="Shape">Rows, then values or classes.</param>
/// <param name="Parameters">How many bytes behind the JSON are this tensor's, where it was asked for so.</param>
/// <param name="Data">Its elements, row by row, where it was not.</param>
internal sealed record ResponseOutput(
    string Name, string Datatype, IReadOnlyList<long> Shape, InputParameters? Parameters, IReadOnlyList<float>? Data);
