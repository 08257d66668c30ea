using System.Diagnostics;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Imaging;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.Uploads;

/// <summary>Problems with pictures, their forms and their parameters.</summary>
internal static class UploadProblems
{
    private const int ExpiredSeconds = 1;

    public static Problem BrokenForm => new(
        StatusCodes.Status400BadRequest,
        "The form cannot be read",
        "The multipart body is cut short, has malformed headers or has no valid boundary. Send the whole form again.");

    public static Problem SeveralPictures => new(
        StatusCodes.Status400BadRequest,
        "There are several pictures",
        $"The form has the field '{UploadBody.FieldOf(many: false)}' more than once. Send one picture in a request.");

    public static Problem BadParameter(string reason) => new(StatusCodes.Status400BadRequest, "A parameter cannot be used", reason);

    public static Problem NoPicture(string field) => new(
        StatusCodes.Status400BadRequest, "There is no picture", $"The form has no field '{field}'. Send the picture as that field.");

    public static Problem TooManyPictures(int limit) => new(
        StatusCodes.Status413PayloadTooLarge,
        "There are too many pictures",
        FormattableString.Invariant($"The batch has more than {limit:N0} pictures. Send several smaller batches."));

    public static Problem TooLarge(int limit, string subject, string remedy) => new(
        StatusCodes.Status413PayloadTooLarge,
        "The body is too large",
        FormattableString.Invariant($"The {subject} has more than {limit:N0} bytes. {remedy}"));

    public static Problem UnsupportedType(string remedy) => new(
        StatusCodes.Status415UnsupportedMediaType, "Unsupported Media Type", remedy);

    /// <summary>Why a picture has no answer.</summary>
    public static Problem Of(InferenceResult unanswered, ServedModels served) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => Undecodable(fault),
        InferenceResult.Expired { Waited: var waited } => Expired(waited),
        InferenceResult.Refused { Reason: Refusal.Draining } => ModelProblems.NotReady(served),
        InferenceResult.Refused refused => QueueFull(refused),
        _ => throw new UnreachableException(),
    };

    /// <summary>The request would wait longer than Queue:MaxWait, or the queue has no room.</summary>
    public static Problem QueueFull(InferenceResult.Refused refused) => new(
        StatusCodes.Status503ServiceUnavailable,
        "The queue is full",
        (refused.Wait > TimeSpan.Zero
            ? FormattableString.Invariant($"Too many crops are waiting, for about {refused.Wait.TotalSeconds:0.0} seconds. ")
            : "Too many crops are waiting. ")
        + "Try again later, or ask for fewer crops or models.")
    {
        RetryAfter = refused.RetrySeconds,
    };

    private static Problem Undecodable(DecodeFault fault) => new(
        fault.Kind == DecodeFaultKind.Empty ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity,
        fault.Kind switch
        {
            DecodeFaultKind.Empty => "There is no picture",
            DecodeFaultKind.TooManyPixels => "The picture is too large",
            _ => "The picture cannot be decoded",
        },
        fault.Reason);

    private static Problem Expired(TimeSpan waited) => new(
        StatusCodes.Status503ServiceUnavailable,
        "The picture waited too long",
        FormattableString.Invariant(
            $"It waited {waited.TotalSeconds:0.0} seconds and was not run. Try again in a moment, or ask for fewer crops or models."))
    {
        RetryAfter = ExpiredSeconds,
    };
}
