using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.OpenInference;

/// <summary>Answers tensors with tensors.</summary>
internal static class InferEndpoint
{
    /// <summary>The header with the length of the JSON that precedes the bytes of tensors, in requests and answers.</summary>
    public const string JsonLength = "Inference-Header-Content-Length";

    public static void MapInfer(this IEndpointRouteBuilder model, string name) => model.MapPost("/infer", Infer)
        .WithName(name)
        .WithSummary("Run crops or photographs; returns probabilities and, if they are requested, logits and features")
        .WithMetadata(new DisableRequestSizeLimitAttribute(), new TensorBodyMetadata())
        .Produces<InferResponse>(contentType: "application/json", additionalContentTypes: "application/octet-stream")
        .ProducesErrors(400, 404, 413, 415, 422, 500, 503);

    private static async Task<IResult> Infer(
        string name,
        HttpContext context,
        ServedModels served,
        TensorInference inference,
        OpenInferenceOptions options,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        if (served.Open is not { } catalog)
        {
            return new InferenceError(ModelProblems.NotReady(served));
        }

        if (!(await ProtocolBody.ReadAsync(context.Request, options.MaxBodyBytes, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        using var bytes = body;
        if (!Parse(context.Request, bytes).TryGet(out var call, out error))
        {
            return new InferenceError(error);
        }

        call = call with { Reserve = context.Features.GetRequiredFeature<BudgetedBody>().Take };
        var result = await inference.RunAsync(catalog, name, context.ModelVersion(), call, begun, cancellation);
        return result.TryGet(out var answer, out error) ? new AnswerResult(answer) : new InferenceError(error);
    }

    private static Result<InferCall, ProtocolError> Parse(HttpRequest request, BodyBytes body)
    {
        var length = body.Bytes.Length;
        return request.Headers.TryGetValue(JsonLength, out var text)
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= body.Bytes.Length)
                ? ProtocolError.Invalid(
                    $"{JsonLength} is '{text}'. Send the length of the JSON, at most the {body.Bytes.Length} bytes of the body.")
                : InferCall.Parse(body.Bytes, length);
    }
}

/// <summary>Marks an endpoint that reads tensors from the body.</summary>
internal sealed class TensorBodyMetadata;

/// <summary>Writes an answer: JSON, followed by the bytes of the tensors that were requested in binary.</summary>
internal sealed class AnswerResult(InferResponse answer) : IResult
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly byte[] json = JsonSerializer.SerializeToUtf8Bytes(answer, Options);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, isBinary) = (httpContext.Response, answer.Outputs.Any(output => output.Parameters is not null));
        response.ContentType = isBinary ? "application/octet-stream" : "application/json";
        response.ContentLength = json.Length + answer.Outputs.Sum(output => (long)output.Binary.Length);
        if (isBinary)
        {
            response.Headers[InferEndpoint.JsonLength] = json.Length.ToString(CultureInfo.InvariantCulture);
        }

        await response.Body.WriteAsync(json, httpContext.RequestAborted);
        foreach (var output in answer.Outputs)
        {
            await response.Body.WriteAsync(output.Binary, httpContext.RequestAborted);
        }
    }
}
