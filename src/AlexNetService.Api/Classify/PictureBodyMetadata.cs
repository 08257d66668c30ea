namespace AlexNetService.Api.Classify;

/// <summary>Marks an endpoint that reads a picture from the body itself.</summary>
/// <param name="Many">Whether it reads the fields <c>images</c> of a form, and not one picture, raw or as the field <c>image</c>.</param>
/// <param name="Crops">Crops that are averaged where the request does not say.</param>
/// <param name="OneModel">Whether exactly one model answers.</param>
internal sealed record PictureBodyMetadata(bool Many = false, int Crops = 10, bool OneModel = false);
