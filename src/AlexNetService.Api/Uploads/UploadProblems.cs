using System.Diagnostics;
using AlexNetService.Imaging;

namespace AlexNetService.Api.Uploads;

/// <summary>Problems with pictures, their forms and their parameters.</summary>
internal static class UploadProblems
{
    private const int ExpiredSeconds = 1;

    public static Problem BrokenForm => new(400, "The form cannot be read",
        "The multipart body is cut short, has malformed headers or has no valid boundary. Send the whole form again.");

    public static Problem SeveralPictures => new(400, "There are several pictures",
        "The form has more than one picture. Send one picture in a request, or several to /v1/classify/batch.");

    public static Problem BrokenBody(string detail) => new(400, "The body cannot be read", detail);

    public static Problem BrokenJson(string field) => BrokenBody(
        $"The body is not JSON with a picture in base64. Send {{\"{field}\": \"…\"}} without 'data:' before the base64, or the picture "
        + "itself.");

    public static Problem BadParameter(string reason) => new(400, "A parameter cannot be used", reason);

    public static Problem NoPicture(string field) => new(
        400, "There is no picture", $"The form has no field '{field}'. Send the picture as that field.");

    public static Problem TooManyPictures(int limit) => new(413, "There are too many pictures",
        FormattableString.Invariant($"The batch has more than {limit:N0} pictures. Send several smaller batches."));

    public static Problem TooLarge(int limit, bool isBatch) => new(413, "The body is too large", isBatch
        ? FormattableString.Invariant($"The batch has more than {limit:N0} bytes. Send several smaller batches.")
        : FormattableString.Invariant($"The picture has more than {limit:N0} bytes. Send a smaller picture."));

    public static Problem UnsupportedType(string remedy) => new(415, "Unsupported Media Type", remedy);

    /// <summary>Why a picture has no answer.</summary>
    public static Problem Of(InferenceResult unanswered, ServedModels served) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => Undecodable(fault),
        InferenceResult.Expired { Waited: var waited } => Expired(waited),
        InferenceResult.NotFinite { Model: var model } => ModelProblems.NotFinite(model),
        InferenceResult.Refused { Reason: Refusal.Draining } => ModelProblems.NotReady(served),
        InferenceResult.Refused refused => QueueFull(refused),
        _ => throw new UnreachableException(),
    };

    /// <summary>The request would wait longer than Queue:MaxWait, or the queue has no room.</summary>
    public static Problem QueueFull(InferenceResult.Refused refused) => new(503, "The queue is full",
        (refused.Wait > TimeSpan.Zero
            ? FormattableString.Invariant($"Too many crops are waiting, for about {refused.Wait.TotalSeconds:0.0} seconds. ")
            : "Too many crops are waiting. ")
        + "Try again later, or ask for fewer crops or models.")
    {
        RetryAfter = refused.RetrySeconds,
    };

    private static Problem Undecodable(DecodeFault fault) => new(
        fault.Kind == DecodeFaultKind.Empty ? 400 : 422,
        fault.Kind switch
        {
            DecodeFaultKind.Empty => "There is no picture",
            DecodeFaultKind.TooManyPixels or DecodeFaultKind.TooCostly => "The picture is too large",
            _ => "The picture cannot be decoded",
        },
        fault.Reason);

    private static Problem Expired(TimeSpan waited) => new(503, "The picture waited too long",
        FormattableString.Invariant(
            $"It waited {waited.TotalSeconds:0.0} seconds and was not run. Try again in a moment, or ask for fewer crops or models."))
    {
        RetryAfter = ExpiredSeconds,
    };
}
