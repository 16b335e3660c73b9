#pragma once

// The few functions of librsvg (since 2.46) and cairo that draw a picture, declared by themselves: the libraries' own headers
// need the folders of six others.

typedef struct _RsvgHandle RsvgHandle;
typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;
typedef struct { double x, y, width, height; } RsvgRectangle;
typedef struct _GError GError;

RsvgHandle *rsvg_handle_new_from_data(const unsigned char *data, unsigned long length, GError **error);
int rsvg_handle_render_document(RsvgHandle *handle, cairo_t *context, const RsvgRectangle *viewport, GError **error);
void g_object_unref(void *object);

cairo_surface_t *cairo_image_surface_create(int format, int width, int height);
void cairo_surface_destroy(cairo_surface_t *surface);
int cairo_surface_write_to_png_stream(
    cairo_surface_t *surface, int (*write)(void *closure, const unsigned char *data, unsigned int length), void *closure);
cairo_t *cairo_create(cairo_surface_t *surface);
void cairo_destroy(cairo_t *context);
void cairo_set_source_rgb(cairo_t *context, double red, double green, double blue);
void cairo_paint(cairo_t *context);
