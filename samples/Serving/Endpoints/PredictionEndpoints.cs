using Microsoft.ML.Eva;
using Serving.Models;

namespace Serving.Endpoints;

/// <summary>POST /predict/{model} and, one row at a time for comparison, POST /predict/{model}/single; GET /models.</summary>
internal static class PredictionEndpoints
{
    /// <summary>Adds the endpoints.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/models", (ModelStore store) => store.Models.OrderBy(model => model.Name, StringComparer.Ordinal).Select(model => new { model.Name, model.Classes }));
        app.MapPost("/predict/{model}", (string model, PredictionRequest request, ModelStore store, Settings settings, CancellationToken aborted) =>
            AnswerAsync(model, request, store, settings, (served, message) => store.PredictAsync(served, message, aborted)));
        app.MapPost("/predict/{model}/single", (string model, PredictionRequest request, ModelStore store, Settings settings) =>
            AnswerAsync(model, request, store, settings, (served, message) => Task.FromResult(served.Engines.Predict(message))));
    }

    private static async Task<IResult> AnswerAsync(string name, PredictionRequest request, ModelStore store, Settings settings, Func<ServedModel, Message, Task<MessageScores>> predict)
    {
        if (!store.Knows(name))
            return Problem(StatusCodes.Status404NotFound, $"There is no model '{name}'. GET /models lists those there are.");
        if (string.IsNullOrEmpty(request.Text))
            return Problem(StatusCodes.Status400BadRequest, "The body must be JSON with a property 'text' that is not empty.");
        if (request.Text.Length > settings.LongestText || request.Pair?.Length > settings.LongestText)
            return Problem(StatusCodes.Status413PayloadTooLarge, $"A text may have {settings.LongestText} characters.");
        if (store.Find(name) is not { } model)
            return Later($"The model '{name}' is being loaded.");
        try
        {
            var scores = await predict(model, new Message { Text = request.Text, Pair = request.Pair ?? "" });
            return Results.Ok(ToAnswer(model, scores.Score));
        }
        catch (PredictionQueueFullException e)
        {
            return Later(e.Message);
        }
        catch (ObjectDisposedException)
        {
            return Later("The model is being exchanged, or the server is going down.");
        }
        catch (OperationCanceledException)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
    }

    private static PredictionAnswer ToAnswer(ServedModel model, float[] scores)
    {
        var best = Array.IndexOf(scores, scores.Max());
        return new PredictionAnswer(model.Name, model.Classes[best], scores[best], model.Classes.Zip(scores).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);

    private static IResult Later(string detail) => new RetryResult(Problem(StatusCodes.Status503ServiceUnavailable, detail));

    private sealed class RetryResult(IResult problem) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.RetryAfter = "1";
            return problem.ExecuteAsync(context);
        }
    }
}
