using System.Globalization;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Imaging;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.OpenInference;

/// <summary>Problems with inference requests; the protocol's clients get the detail as <c>error</c>.</summary>
internal static class OpenInferenceProblems
{
    private const string Title = "The inference request cannot be used";

    public static Problem Bad(string reason) => new(StatusCodes.Status400BadRequest, Title, reason);

    public static Problem NotFound(string reason) => new(StatusCodes.Status404NotFound, "There is no such model", reason);

    public static Problem Conflict(string reason) => new(StatusCodes.Status409Conflict, "The model cannot be changed", reason);

    public static Problem TooLarge(int limit) => new(
        StatusCodes.Status413PayloadTooLarge,
        "The body is too large",
        string.Create(CultureInfo.InvariantCulture, $"At most {limit:N0} bytes are taken, also decompressed. Send fewer tensors a request."));

    public static Problem UnknownEncoding(string? encoding) => new(
        StatusCodes.Status415UnsupportedMediaType, Title, $"Content-Encoding is '{encoding}'; use gzip, deflate or none.");

    /// <summary>Why photographs or crops have no answer.</summary>
    /// <param name="unanswered">What became of them.</param>
    /// <param name="element">Which element of the tensor.</param>
    /// <param name="served">Whether the service is stopping.</param>
    public static Problem Of(InferenceResult unanswered, int element, ServedModels served) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => new Problem(
            fault.Kind == DecodeFaultKind.Empty ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity,
            Title,
            $"Element {element} of the tensor: {fault.Reason}"),
        InferenceResult.Refused { Reason: var refusal } => ClassifyProblems.Of(refusal, served),
        InferenceResult.Expired { Waited: var waited } => ClassifyProblems.Expired(waited),
        _ => throw new InvalidOperationException($"{unanswered.GetType().Name} has no answer."),
    };
}
