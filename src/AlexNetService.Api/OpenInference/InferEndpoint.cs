using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.Api.Models;
using AlexNetService.Api.Uploads;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>Answers tensors with tensors.</summary>
internal static class InferEndpoint
{
    /// <summary>The header with the length of the JSON that precedes the bytes of tensors, in requests and answers.</summary>
    public const string JsonLength = "Inference-Header-Content-Length";

    public static void MapInfer(this IEndpointRouteBuilder model, string name) => model.MapPost("/infer", Infer)
        .WithName(name)
        .WithSummary("Run crops or photographs; returns probabilities, logits and features")
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
        ProtocolCatalog models,
        TensorInference inference,
        InferenceStatistics statistics,
        IOptions<OpenInferenceOptions> options,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        if (!served.TryOpen(out var catalog))
        {
            return new InferenceError(ModelProblems.NotReady(served));
        }

        if (!(await ProtocolBody.ReadAsync(context.Request, options.Value.MaxBodyBytes, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        using var bytes = body;
        if (!Parse(context.Request, bytes).TryGet(out var call, out error))
        {
            return new InferenceError(error);
        }

        // The lease is taken after the body has arrived, so that a slow upload does not keep a replaced model in memory.
        using var lease = catalog.Enter();
        if (!models.Find(lease.Snapshot, name, context.ModelVersion()).TryGet(out var model, out error))
        {
            return new InferenceError(error);
        }

        InferAnswer? answered = null;
        try
        {
            if (!(await inference.RunAsync(call, model, cancellation)).TryGet(out var answer, out error)
                || !AnswerResult.Of(answer).TryGet(out var result, out error))
            {
                return new InferenceError(error);
            }

            answered = answer;
            return result;
        }
        finally
        {
            statistics.Add(model, answered, time.GetElapsedTime(begun));
        }
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
/// <param name="json">The JSON.</param>
/// <param name="binary">The bytes, or null if no tensor was requested in binary.</param>
internal sealed class AnswerResult(byte[] json, ArrayBufferWriter<byte>? binary) : IResult
{
    private static readonly JsonSerializerOptions Options =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Renders an answer; an error if a value has no JSON.</summary>
    public static Result<AnswerResult, ProtocolError> Of(InferAnswer answer)
    {
        var binary = answer.Outputs.Any(output => output.IsBinary) ? new ArrayBufferWriter<byte>() : null;
        var outputs = new List<ResponseOutput>();
        foreach (var output in answer.Outputs)
        {
            InputParameters? parameters = null;
            if (output.IsBinary && binary is not null)
            {
                var before = binary.WrittenCount;
                output.Write(binary);
                parameters = new InputParameters(binary.WrittenCount - before);
            }
            else if (output.Strings is null && !output.Values.All(float.IsFinite))
            {
                return ProtocolError.Invalid(
                    $"'{output.Name}' has values that JSON cannot express. Check the crops that were sent, or ask for binary_data.");
            }

            object? data = output.IsBinary ? null : output.Strings is null ? output.Values : output.Strings;
            outputs.Add(new ResponseOutput(output.Name, output.Datatype, output.Shape, parameters, data));
        }

        var response = new InferResponse(answer.Id, answer.Model.Name, answer.Model.Version, outputs);
        return new AnswerResult(JsonSerializer.SerializeToUtf8Bytes(response, Options), binary);
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = binary is null ? "application/json" : "application/octet-stream";
        response.ContentLength = json.Length + (binary?.WrittenCount ?? 0);
        if (binary is not null)
        {
            response.Headers[InferEndpoint.JsonLength] = json.Length.ToString(CultureInfo.InvariantCulture);
        }

        await response.Body.WriteAsync(json, httpContext.RequestAborted);
        await response.Body.WriteAsync(binary?.WrittenMemory ?? default, httpContext.RequestAborted);
    }
}

/// <summary>The JSON of an inference answer.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="ModelName">Name of the model that answered.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Outputs">The tensors.</param>
internal sealed record InferResponse(
    string? Id,
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string ModelVersion,
    IReadOnlyList<ResponseOutput> Outputs);

/// <summary>A tensor of the answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">FP32, or BYTES if classes were requested.</param>
/// <param name="Shape">Rows, then values or classes.</param>
/// <param name="Parameters">Number of its bytes after the JSON, if it was requested in binary.</param>
/// <param name="Data">Its elements, row by row, if it was not: numbers, or strings if classes were requested.</param>
internal sealed record ResponseOutput(
    string Name, string Datatype, IReadOnlyList<long> Shape, InputParameters? Parameters, object? Data);
