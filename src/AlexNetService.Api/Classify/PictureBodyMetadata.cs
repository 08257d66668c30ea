using AlexNetService.Api.Problems;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>Marks an endpoint that reads a picture from the body itself.</summary>
/// <param name="Many">Whether it reads the fields <c>images</c> of a form, and not one picture, raw or as the field <c>image</c>.</param>
/// <param name="Crops">Crops that are averaged where the request does not say.</param>
/// <param name="OneModel">Whether exactly one model answers.</param>
internal sealed record PictureBodyMetadata(bool Many = false, int Crops = 10, bool OneModel = false);

internal static class PictureBodyEndpoints
{
    /// <summary>
    /// The endpoint reads one picture, limits the body itself, and refuses what <see cref="PictureBody"/> and the models refuse.
    /// </summary>
    public static RouteHandlerBuilder TakesPicture(this RouteHandlerBuilder endpoint, PictureBodyMetadata body) => endpoint
        .WithMetadata(new DisableRequestSizeLimitAttribute(), body)
        .ProducesProblems(
            StatusCodes.Status400BadRequest,
            StatusCodes.Status404NotFound,
            StatusCodes.Status413PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType,
            StatusCodes.Status422UnprocessableEntity,
            StatusCodes.Status503ServiceUnavailable);
}
