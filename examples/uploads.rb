# frozen_string_literal: true

require 'digest'
require 'open3'

# Takes files from visitors.
class Uploads
  # bad - the class is chosen by the visitor
  #   handler = Object.const_get(params[:kind]).new
  #   handler.send(params[:action], params[:file])
  #
  # good - a list says what may be chosen
  #   handler = HANDLERS.fetch(params[:kind]).new
  #   handler.store(params[:file])
  HANDLERS = {}.freeze

  # Never write it like this, the visitor's text is run as Ruby:
  def evaluate_filter(text)
    @files.select { |file| eval("file.#{text}") }
  end

  def filter(extension)
    @files.select { |file| File.extname(file) == extension }
  end

  def pages(path)
    # Vulnerable to injection through the path
    count = `pdfinfo #{path} | grep Pages | cut -d: -f2`
    count.to_i
  end

  def digest(path)
    Digest::SHA256.file(path).hexdigest
  end
end
