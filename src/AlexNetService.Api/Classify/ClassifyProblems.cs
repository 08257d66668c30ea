using System.Globalization;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Imaging;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.Classify;

/// <summary>Problems with what was to be classified.</summary>
internal static class ClassifyProblems
{
    private const int QueueFullSeconds = 1;

    public static Problem BadParameter(string reason) =>
        new(StatusCodes.Status400BadRequest, "A parameter cannot be used", reason);

    public static Problem Of(PictureBodyFault fault, ClassifyOptions options, string field = PictureBody.Field) => fault switch
    {
        PictureBodyFault.TooLarge => new Problem(
            StatusCodes.Status413PayloadTooLarge,
            "The body is too large",
            string.Create(CultureInfo.InvariantCulture, $"At most {options.MaxBodyBytes:N0} bytes are taken. Send a smaller picture.")),
        PictureBodyFault.UnsupportedType => new Problem(
            StatusCodes.Status415UnsupportedMediaType,
            "The media type is not taken",
            $"Send a picture with Content-Type {string.Join(", ", PictureBody.RawTypes)}, "
            + $"or {PictureBody.Multipart} with a field '{PictureBody.Field}'."),
        PictureBodyFault.NoPicture => new Problem(
            StatusCodes.Status400BadRequest,
            "There is no picture",
            $"The form has no field '{field}'. Send the picture as that field."),
        PictureBodyFault.SeveralPictures => new Problem(
            StatusCodes.Status400BadRequest,
            "There are several pictures",
            $"The form has the field '{PictureBody.Field}' more than once. Send one picture a request."),
        _ => new Problem(
            StatusCodes.Status400BadRequest,
            "The form cannot be read",
            "The multipart body is cut short or has no valid boundary. Send it again, whole."),
    };

    /// <summary>Why a photograph has no answer.</summary>
    public static Problem Of(InferenceResult unanswered, ServedModels served) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => Of(fault),
        InferenceResult.Refused { Reason: var refusal } => Of(refusal, served),
        InferenceResult.Expired { Waited: var waited } => Expired(waited),
        var other => throw new InvalidOperationException($"{other.GetType().Name} is no problem."),
    };

    public static Problem Of(DecodeFault fault) => new(
        fault.Kind == DecodeFaultKind.Empty ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity,
        fault.Kind switch
        {
            DecodeFaultKind.Empty => "There is no picture",
            DecodeFaultKind.TooManyPixels => "The picture is too large",
            _ => "The picture cannot be decoded",
        },
        fault.Reason);

    public static Problem Expired(TimeSpan waited) => new(
        StatusCodes.Status503ServiceUnavailable,
        "The picture waited too long",
        string.Create(
            CultureInfo.InvariantCulture,
            $"It waited {waited.TotalSeconds:0.0} seconds and was not run. Try again in a moment, or ask for fewer crops or models."))
    {
        RetryAfter = QueueFullSeconds,
    };

    public static Problem Of(Refusal refusal, ServedModels served) => refusal == Refusal.Draining
        ? ModelProblems.NotReady(served)
        : new Problem(
            StatusCodes.Status503ServiceUnavailable,
            "The queue is full",
            "More crops wait than the service allows. Try again in a moment, or ask for fewer crops or models.")
        {
            RetryAfter = QueueFullSeconds,
        };
}
