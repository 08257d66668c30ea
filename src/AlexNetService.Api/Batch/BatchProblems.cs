using System.Globalization;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Problems;

namespace AlexNetService.Api.Batch;

/// <summary>Problems with a batch as a whole.</summary>
internal static class BatchProblems
{
    public static Problem Of(BatchBodyFault fault, ClassifyOptions options) => fault switch
    {
        BatchBodyFault.UnsupportedType => new Problem(
            StatusCodes.Status415UnsupportedMediaType,
            "The media type is not taken",
            $"Send {PictureBody.Multipart} with a field '{BatchBody.Field}' for each picture."),
        BatchBodyFault.TooLarge => new Problem(
            StatusCodes.Status413PayloadTooLarge,
            "The body is too large",
            string.Create(
                CultureInfo.InvariantCulture,
                $"At most {options.MaxBatchBytes:N0} bytes are taken in a batch. Send several smaller ones.")),
        BatchBodyFault.TooMany => new Problem(
            StatusCodes.Status413PayloadTooLarge,
            "There are too many pictures",
            string.Create(
                CultureInfo.InvariantCulture,
                $"At most {options.MaxBatchImages:N0} pictures are taken in a batch. Send several smaller ones.")),
        BatchBodyFault.Empty => new Problem(
            StatusCodes.Status400BadRequest,
            "There is no picture",
            $"The form has no field '{BatchBody.Field}'. Send each picture as such a field."),
        _ => ClassifyProblems.Of(PictureBodyFault.BrokenMultipart, options),
    };
}
